export { MemoryCache } from './memory/memory-cache.ts'
export {
  ENTRY_OVERHEAD_BYTES,
  MEMORY_ENTRIES_MAX,
  type MemoryCacheOptions,
} from './memory/memory-cache-options.ts'
export type { MemoryCacheStats } from './memory/memory-cache-stats.ts'
export type { Lookup, SetOptions } from './memory/set-options.ts'
export type { GetOrLoadOptions, LoadContext, Loader } from './memory/entry-loads.ts'
export type { DisposeReason, OnDispose } from './memory/disposals.ts'
export { FLIGHTS_MAX } from './memory/flights.ts'
export { bytesPacking, textPacking, type Packing } from './memory/packing.ts'
export { POLICIES, type PolicyName } from './policy/policy-table.ts'
export type { Policy, PolicyFactory, PolicyHost, PolicySettings } from './policy/policy.ts'
export { CACHE_CHANNEL, type CacheEvent } from './platform/cache-events.ts'
export { MetadataCache } from './persistent/metadata-cache.ts'
export type { MetadataCacheOptions, RecordLookup } from './persistent/metadata-cache-options.ts'
export { CACHE_CONFIG_DEFAULTS, type CacheConfig } from './persistent/cache-config.ts'
export type { CompressionName } from './persistent/body-compression.ts'
export type { CacheMaintenance, OnMaintenance } from './persistent/maintenance.ts'
export type { MetadataCacheStats, TableStats } from './persistent/metadata-stats.ts'
export type { CleanupReport } from './persistent/upkeep.ts'
export type { RemovalReport } from './persistent/entry-store.ts'
export type {
  CacheDatabase,
  CacheRange,
  CacheRow,
  CacheScan,
  CacheWrite,
} from './persistent/cache-database.ts'
export { levelDatabase, type AnyLevel } from './persistent/level-database.ts'
export { sealedDatabase, type CacheSealer } from './persistent/sealed-database.ts'
export type {
  CachedDirectoryListing,
  CachedFileMetadata,
  CachedOccupant,
  CachedSession,
  CachedTerritoryMetadata,
  CachedVaultMetadata,
  CachedZone,
  CachedZoneTable,
  MetadataRecords,
  TableName,
} from './table/records.ts'
export type { RecordAddress } from './table/tables.ts'
