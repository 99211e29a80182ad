export { MetadataCache } from './metadata-cache.ts'
export type { MetadataCacheOptions, RecordLookup } from './metadata-cache-options.ts'
export { CACHE_CONFIG_DEFAULTS, type CacheConfig } from './cache-config.ts'
export type { CompressionName } from './body-compression.ts'
export type { CacheMaintenance, OnMaintenance } from './maintenance.ts'
export type { MetadataCacheStats, TableStats } from './metadata-stats.ts'
export type { CleanupReport } from './upkeep.ts'
export type { RemovalReport } from './entry-store.ts'
export type { CacheDatabase, CacheRange, CacheRow, CacheScan, CacheWrite } from './cache-database.ts'
export { levelDatabase, type AnyLevel } from './level-database.ts'
export { sealedDatabase, type CacheSealer } from './sealed-database.ts'
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
} from '../table/records.ts'
export type { RecordAddress } from '../table/tables.ts'
