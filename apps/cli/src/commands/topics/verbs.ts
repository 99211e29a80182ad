import type { Noun } from '../../program/noun.ts'

export const TOPICS: Noun = {
  name: 'topics',
  summary: 'Topics of logs and events: sizes, settings, retention',
  verbs: {
    '': async () => (await import('./list.ts')).topics,
    create: async () => (await import('./create.ts')).topicsCreate,
    describe: async () => (await import('./describe.ts')).topicsDescribe,
    update: async () => (await import('./update.ts')).topicsUpdate,
    delete: async () => (await import('./delete.ts')).topicsDelete,
    rename: async () => (await import('./rename.ts')).topicsRename,
    retention: async () => (await import('./retention.ts')).topicsRetention,
    retain: async () => (await import('./retain.ts')).topicsRetain,
    'compact-keys': async () => (await import('./compact-keys.ts')).topicsCompactKeys,
  },
}
