import type { Clock } from '@forgeone/common'
import type { CacheConfig } from './cache-config.ts'
import type { CacheDatabase } from './cache-database.ts'
import type { OnMaintenance } from './maintenance.ts'
import type { CacheSealer } from './sealed-database.ts'

/** How a metadata cache is opened: over a database, or over `level` at `config.dbPath`. */
export interface MetadataCacheOptions {
  readonly database?: CacheDatabase | undefined
  readonly config?: Partial<CacheConfig> | undefined
  /** With it ids and paths stand in keys only as HMACs: for a database whose values are sealed. */
  readonly indexKey?: Uint8Array | undefined
  /** Seals the values of the database at `config.dbPath`. It needs an `indexKey` too. */
  readonly sealer?: CacheSealer | undefined
  /** Called after each sweep and each invalidation. */
  readonly onMaintenance?: OnMaintenance | undefined
  readonly clock?: Clock | undefined
}

/** What a lookup found. `negative`: it is known that there is no record. */
export type RecordLookup<R> =
  | { readonly state: 'fresh' | 'stale'; readonly record: R; readonly source: 'memory' | 'disk' }
  | { readonly state: 'negative' | 'absent'; readonly record?: undefined }
