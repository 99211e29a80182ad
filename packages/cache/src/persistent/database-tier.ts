import type { CacheConfig } from './cache-config.ts'
import type { CacheDatabase } from './cache-database.ts'
import type { MetadataCacheStats } from './metadata-stats.ts'
import { nothingStored, openDatabase } from './open-database.ts'
import type { CacheSealer } from './sealed-database.ts'

/** What a cache stores in, and how much of itself it is then. */
export interface DatabaseTier {
  readonly database: CacheDatabase
  readonly mode: MetadataCacheStats['mode']
}

/** The database that was given, or the one at `dbPath`; none where the cache is off or another process has it. */
export async function databaseTier(
  config: CacheConfig,
  given: {
    readonly database?: CacheDatabase | undefined
    readonly sealer?: CacheSealer | undefined
    /** It was opened before and could not be read: a database at `dbPath` is set aside. */
    readonly isDamaged?: boolean | undefined
  },
): Promise<DatabaseTier> {
  if (!config.enabled) return { database: nothingStored, mode: 'off' }
  if (given.database !== undefined && given.isDamaged === true)
    return { database: nothingStored, mode: 'memory' }
  if (given.database !== undefined) return { database: given.database, mode: 'persistent' }
  const opened = await openDatabase(config.dbPath, given)
  return opened.state === 'locked'
    ? { database: nothingStored, mode: 'memory' }
    : { database: opened.database, mode: 'persistent' }
}
