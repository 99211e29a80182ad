import type { Noun } from '../../program/noun.ts'

export const VAULT: Noun = {
  name: 'vault',
  summary: 'Secrets: versions, leases, sealing, programs that need them',
  verbs: {
    set: async () => (await import('./set.ts')).vaultSet,
    get: async () => (await import('./get.ts')).vaultGet,
    list: async () => (await import('./list.ts')).vaultList,
    versions: async () => (await import('./versions.ts')).vaultVersions,
    generate: async () => (await import('./generate.ts')).vaultGenerate,
    delete: async () => (await import('./delete.ts')).vaultDelete,
    undelete: async () => (await import('./undelete.ts')).vaultUndelete,
    destroy: async () => (await import('./destroy.ts')).vaultDestroy,
    lease: async () => (await import('./lease.ts')).vaultLease,
    redeem: async () => (await import('./redeem.ts')).vaultRedeem,
    seal: async () => (await import('./seal.ts')).vaultSeal,
    unseal: async () => (await import('./unseal.ts')).vaultUnseal,
    import: async () => (await import('./import.ts')).vaultImport,
    export: async () => (await import('./export.ts')).vaultExport,
    run: async () => (await import('./run.ts')).vaultRun,
  },
}
