import type { Noun } from '../../program/noun.ts'

export const CACHE: Noun = {
  name: 'cache',
  summary: 'What is cached of disk images',
  verbs: {
    stats: async () => (await import('./stats.ts')).cacheStats,
    clear: async () => (await import('./clear.ts')).cacheClear,
    cleanup: async () => (await import('./cleanup.ts')).cacheCleanup,
  },
}
