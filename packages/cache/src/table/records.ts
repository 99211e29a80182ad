/**
 * What the six tables hold. Times are Unix milliseconds; optional fields are absent, never null. In these names a
 * vault is an image, a zone a partition, a territory a file system, an occupant an entry of a directory, the banner a
 * volume's label, the domain size its bytes, liberated space its free bytes and the block size its cluster or block.
 */
export interface CachedVaultMetadata {
  readonly vaultId: string
  readonly filePath: string
  readonly vaultType: string
  readonly size: number
  readonly md5?: string | undefined
  readonly sha1?: string | undefined
  readonly cachedAt: number
  readonly lastAccessed: number
}

/** Partition table of a vault. */
export interface CachedZoneTable {
  readonly vaultId: string
  readonly tableType: 'MBR' | 'GPT' | 'None'
  readonly zones: readonly CachedZone[]
  readonly cachedAt: number
}

/** One partition. */
export interface CachedZone {
  readonly index: number
  readonly zoneType: string
  readonly offset: number
  readonly length: number
  readonly territoryType?: string | undefined
}

/** File system of a vault or of one of its zones. */
export interface CachedTerritoryMetadata {
  readonly vaultId: string
  readonly zoneIndex?: number | undefined
  readonly territoryType: string
  readonly banner: string
  readonly domainSize: number
  readonly liberatedSpace: number
  readonly blockSize: number
  readonly hierarchical: boolean
  readonly cachedAt: number
}

/** A directory and what is in it. */
export interface CachedDirectoryListing {
  readonly vaultId: string
  readonly zoneIndex?: number | undefined
  readonly path: string
  readonly occupants: readonly CachedOccupant[]
  readonly cachedAt: number
}

/** One entry of a directory. */
export interface CachedOccupant {
  readonly name: string
  readonly isDirectory: boolean
  readonly size: number
  readonly created?: number | undefined
  readonly modified?: number | undefined
  readonly attributes: number
}

/** One file, with its digests once somebody computed them. */
export interface CachedFileMetadata {
  readonly vaultId: string
  readonly zoneIndex?: number | undefined
  readonly path: string
  readonly name: string
  readonly size: number
  readonly created?: number | undefined
  readonly modified?: number | undefined
  readonly attributes: number
  readonly md5?: string | undefined
  readonly sha1?: string | undefined
  readonly sha256?: string | undefined
  readonly cachedAt: number
}

/** Where a user stands. Sessions outlive the invalidation of everything else. */
export interface CachedSession {
  readonly sessionId: string
  readonly currentVaultId?: string | undefined
  readonly currentZoneIndex?: number | undefined
  readonly currentPath: string
  readonly createdAt: number
  readonly lastAccessed: number
}

/** Record of each table by its name. */
export interface MetadataRecords {
  readonly vaults: CachedVaultMetadata
  readonly zones: CachedZoneTable
  readonly territories: CachedTerritoryMetadata
  readonly directories: CachedDirectoryListing
  readonly files: CachedFileMetadata
  readonly sessions: CachedSession
}

export type TableName = keyof MetadataRecords
