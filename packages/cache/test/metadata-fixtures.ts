import { ManualClock } from '@forgeone/common'
import { MemoryLevel } from 'memory-level'
import {
  levelDatabase,
  MetadataCache,
  type CacheConfig,
  type CacheDatabase,
  type CachedDirectoryListing,
  type CachedFileMetadata,
  type CachedSession,
  type CachedTerritoryMetadata,
  type CachedVaultMetadata,
  type CachedZoneTable,
} from '../src/persistent/index.ts'

export const NOW = 1_700_000_000_000
export const DAY_MS = 86_400_000

export const vault = (vaultId: string): CachedVaultMetadata => ({
  vaultId,
  filePath: `images/${vaultId}.img`,
  vaultType: 'raw',
  size: 2 ** 40 + 1,
  md5: '0'.repeat(32),
  cachedAt: NOW,
  lastAccessed: NOW,
})

export const zones = (vaultId: string): CachedZoneTable => ({
  vaultId,
  tableType: 'GPT',
  zones: [
    { index: 0, zoneType: 'EFI', offset: 1_048_576, length: 5_000_000, territoryType: 'FAT32' },
    { index: 1, zoneType: 'Linux', offset: 6_291_456, length: 2 ** 45 },
  ],
  cachedAt: NOW,
})

export const territory = (vaultId: string, zoneIndex?: number): CachedTerritoryMetadata => ({
  vaultId,
  ...(zoneIndex !== undefined && { zoneIndex }),
  territoryType: 'FAT32',
  banner: 'BOOT é',
  domainSize: 5_000_000,
  liberatedSpace: 0,
  blockSize: 512,
  hierarchical: true,
  cachedAt: NOW,
})

export const listing = (
  vaultId: string,
  path: string,
  count = 2,
  zoneIndex?: number,
): CachedDirectoryListing => ({
  vaultId,
  ...(zoneIndex !== undefined && { zoneIndex }),
  path,
  occupants: Array.from({ length: count }, (_, index) => ({
    name: `file ${index} ${(index * 2654435761) % 4294967296}.txt`,
    isDirectory: index % 2 === 0,
    size: index,
    ...(index % 3 === 0 && { created: NOW, modified: -1000 }),
    attributes: 32,
  })),
  cachedAt: NOW,
})

export const file = (vaultId: string, path: string): CachedFileMetadata => ({
  vaultId,
  zoneIndex: 0,
  path,
  name: path.split('/').at(-1)!,
  size: 10,
  attributes: 0,
  sha256: 'a'.repeat(64),
  cachedAt: NOW,
})

export const session = (sessionId: string): CachedSession => ({
  sessionId,
  currentVaultId: 'v',
  currentPath: 'a/b',
  createdAt: NOW,
  lastAccessed: NOW,
})

export function memoryDatabase(): CacheDatabase {
  return levelDatabase(
    new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' }),
  )
}

/** A database that outlives the caches opened over it. */
export function lasting(database: CacheDatabase): CacheDatabase {
  return { ...database, close: async () => undefined }
}

export async function openCache(
  o: {
    database?: CacheDatabase
    config?: Partial<CacheConfig>
    clock?: ManualClock
    indexKey?: Uint8Array
  } = {},
): Promise<MetadataCache> {
  return await MetadataCache.open({
    database: o.database ?? memoryDatabase(),
    config: o.config,
    clock: o.clock ?? new ManualClock(NOW),
    indexKey: o.indexKey,
  })
}

const EVERYTHING = { gte: Uint8Array.of(0), lt: Uint8Array.of(255) }

/** Stored keys by their kind. */
export async function keysByKind(
  database: CacheDatabase,
): Promise<Readonly<Record<string, readonly Uint8Array[]>>> {
  const names = ['', 'entry', 'expiry', 'recency', 'vault', 'state']
  const byKind: Record<string, Uint8Array[]> = { entry: [], expiry: [], recency: [], vault: [], state: [] }
  for await (const { key } of database.iterate(EVERYTHING)) byKind[names[key[0]!]!]!.push(key)
  return byKind
}

/** The sum that the recency rows give: what the accounting must say. */
export async function storedSum(database: CacheDatabase): Promise<number> {
  let sum = 0
  for await (const { key, value } of database.iterate(EVERYTHING))
    if (key[0] === 3) sum += new DataView(value.buffer, value.byteOffset).getUint32(0)
  return sum
}
