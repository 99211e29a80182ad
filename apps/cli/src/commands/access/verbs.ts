import type { Noun } from '../../program/noun.ts'

export const ACCESS: Noun = {
  name: 'access',
  summary: 'Who may do what: grants, roles and tokens',
  verbs: {
    grant: async () => (await import('./grant.ts')).accessGrant,
    revoke: async () => (await import('./revoke.ts')).accessRevoke,
    list: async () => (await import('./list.ts')).accessList,
    check: async () => (await import('./check.ts')).accessCheck,
    'token create': async () => (await import('./token/create.ts')).accessTokenCreate,
    'token revoke': async () => (await import('./token/revoke.ts')).accessTokenRevoke,
  },
}
