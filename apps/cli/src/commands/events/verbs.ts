import type { Noun } from '../../program/noun.ts'

export const EVENTS: Noun = {
  name: 'events',
  summary: 'Events: append, import, read, hand out to consumers',
  verbs: {
    append: async () => (await import('./append.ts')).eventsAppend,
    import: async () => (await import('./import.ts')).eventsImport,
    read: async () => (await import('./read.ts')).eventsRead,
    tail: async () => (await import('./tail.ts')).eventsTail,
    get: async () => (await import('./get.ts')).eventsGet,
    consume: async () => (await import('./consume.ts')).eventsConsume,
    export: async () => (await import('./export.ts')).eventsExport,
    compact: async () => (await import('./compact.ts')).eventsCompact,
  },
}
