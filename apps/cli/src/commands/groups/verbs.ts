import type { Noun } from '../../program/noun.ts'

export const GROUPS: Noun = {
  name: 'groups',
  summary: 'Consumer groups: how far they are, and moving them',
  verbs: {
    create: async () => (await import('./create.ts')).groupsCreate,
    list: async () => (await import('./list.ts')).groupsList,
    describe: async () => (await import('./describe.ts')).groupsDescribe,
    lag: async () => (await import('./lag.ts')).groupsLag,
    seek: async () => (await import('./seek.ts')).groupsSeek,
    pause: async () => (await import('./pause.ts')).groupsPause,
    resume: async () => (await import('./resume.ts')).groupsResume,
    redrive: async () => (await import('./redrive.ts')).groupsRedrive,
    remove: async () => (await import('./remove.ts')).groupsRemove,
  },
}
