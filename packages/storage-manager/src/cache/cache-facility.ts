import { join } from 'node:path'
import { actCount, actText, onResources, HERE_RULE, type CallRule, type Facility } from '@forgeone/engine'
import { z } from 'zod'
import { CACHE_DIRECTORY } from '../layout/database-names.ts'
import type { ForgeHost } from '../forge-host.ts'
import { ForgeCache } from './forge-cache.ts'

const MAINTAIN: CallRule = onResources('maintenance.run', 'cache')

export const cacheFacility: Facility<ForgeCache, ForgeHost> = {
  name: 'cache',
  acts: {
    'cache.swept': z.strictObject({ removed: actCount.optional(), bytes: z.int() }),
    'cache.invalidated': z.strictObject({ scope: actText, removed: actCount.optional(), bytes: z.int() }),
  },
  rules: {
    methods: {
      get: onResources('data.read', 'cache'),
      lookup: onResources('data.read', 'cache'),
      put: onResources('data.write', 'cache'),
      touchSession: onResources('data.write', 'cache'),
      checkFingerprint: MAINTAIN,
      invalidateVault: MAINTAIN,
      invalidateDirectory: MAINTAIN,
      invalidateAll: MAINTAIN,
      cleanup: MAINTAIN,
      stats: onResources('stats.read', 'cache'),
      // Reads and writes at once, with a loader that runs as the store.
      getOrLoad: HERE_RULE,
      empty: HERE_RULE,
      close: HERE_RULE,
    },
  },
  open: ({ store, directory, clock }) => {
    const cache = new ForgeCache({ store, directory: join(directory, CACHE_DIRECTORY), clock })
    // It commits what it did, and its rows are sealed: the store outlives it.
    return Promise.resolve({ face: cache, close: async () => await cache.close() })
  },
}
