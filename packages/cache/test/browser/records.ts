import type { CachedDirectoryListing, CachedVaultMetadata } from '../../src/persistent/index.ts'

export const vault = (vaultId: string): CachedVaultMetadata => ({
  vaultId,
  filePath: 'an image',
  vaultType: 'raw',
  size: 1,
  cachedAt: 1,
  lastAccessed: 1,
})

export const listing = (vaultId: string, path: string, count: number): CachedDirectoryListing => ({
  vaultId,
  path,
  occupants: Array.from({ length: count }, (_, index) => ({
    name: `the file with the number ${index}.txt`,
    isDirectory: false,
    size: index,
    attributes: 32,
  })),
  cachedAt: 1,
})
