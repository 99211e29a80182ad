import type { Noun } from '../../program/noun.ts'

export const LOGS: Noun = {
  name: 'logs',
  summary: 'Log lines: import, search, follow, give back',
  verbs: {
    import: async () => (await import('./import.ts')).logsImport,
    search: async () => (await import('./search.ts')).logsSearch,
    tail: async () => (await import('./tail.ts')).logsTail,
    get: async () => (await import('./get.ts')).logsGet,
    export: async () => (await import('./export.ts')).logsExport,
    compact: async () => (await import('./compact.ts')).logsCompact,
  },
}
