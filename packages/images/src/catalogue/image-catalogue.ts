import { realpath } from 'node:fs/promises'
import { MemoryCache } from '@forgeone/cache'
import type {
  CachedDirectoryListing,
  CachedFileMetadata,
  CachedTerritoryMetadata,
  CachedVaultMetadata,
  CachedZoneTable,
  MetadataCache,
  RemovalReport,
} from '@forgeone/cache/persistent'
import { ForgeError, systemClock, type Clock } from '@forgeone/common'
import { digestsOf, type Digests } from '../hash/digests.ts'
import { filePieces } from '../hash/file-pieces.ts'
import {
  checkedClock,
  checkedDigests,
  checkedPath,
  checkedPlace,
  checkedRead,
  checkedZone,
  imageCheck,
} from '../image-arguments.ts'
import { ImageReader, type ReadOptions } from '../image-reader.ts'
import { fingerprintOf, isProven, statSource, type SourceStat } from './source-fingerprint.ts'

/** A source that changes again and again is not being copied, it is being used. */
const ATTEMPTS = 3
const IMAGES_REMEMBERED = 10_000

/** What is computed for an image. */
export interface DigestOptions extends ReadOptions {
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** A record with whether it came from the cache. */
export interface Answer<R> {
  readonly record: R
  readonly isCached: boolean
}

/** A listing that is not complete is given and not cached. */
export type ListingAnswer = Answer<CachedDirectoryListing> & {
  readonly partial?: 'damaged' | 'limit' | undefined
}

/** What a catalogue needs of a {@link MetadataCache}. */
export type CatalogueCache = Pick<MetadataCache, 'get' | 'put' | 'checkFingerprint' | 'invalidateVault'>

const CACHE_METHODS = ['get', 'put', 'checkFingerprint', 'invalidateVault'] as const

interface Place {
  readonly zoneIndex: number
  readonly path: string
}

/**
 * Reads images through a {@link MetadataCache}: what was read before is not read again while the image has not
 * changed. An image that changes is noticed by its times, its size or its edges, and everything of it is read anew.
 */
export class ImageCatalogue {
  readonly #cache: CatalogueCache
  readonly #clock: Clock
  /** By path: what the file looked like when its fingerprint was compared last. */
  readonly #proven = new MemoryCache<string, string>({
    maxEntries: IMAGES_REMEMBERED,
    policy: 'lru',
    name: 'images',
  })

  /**
   * @param options.cache stays the caller's to close
   * @throws IMAGE_ARGUMENT_INVALID, as every method for an argument that cannot be used
   */
  constructor(options: { readonly cache: CatalogueCache; readonly clock?: Clock | undefined }) {
    const { cache, clock } = imageCheck.options(options, ['cache', 'clock'])
    // Both are checked to have their methods.
    this.#cache = imageCheck.port(cache as CatalogueCache, CACHE_METHODS, 'cache')
    this.#clock = clock === undefined ? systemClock : checkedClock(clock as Clock)
  }

  /** Path, size and, once they were asked for, digests of an image. @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE */
  async vault(path: string): Promise<Answer<CachedVaultMetadata>> {
    return await this.#through(path, async (vaultId) => {
      const known = await this.#cache.get('vaults', { vaultId })
      if (known !== undefined) return { record: known, isCached: true }
      return { record: await this.#storeVault(vaultId, undefined), isCached: false }
    })
  }

  /** MD5 and SHA-1 of a whole image, with its SHA-256 the first time. @throws IMAGE_CHANGED */
  async digests(path: string, options: DigestOptions = {}): Promise<Answer<CachedVaultMetadata>> {
    const { signal, onProgress } = checkedDigests(options)
    return await this.#through(path, async (vaultId) => {
      const known = await this.#cache.get('vaults', { vaultId })
      if (known?.md5 !== undefined) return { record: known, isCached: true }
      const before = await fingerprintOf(vaultId)
      const digests = await digestsOf(filePieces(vaultId, signal), { onProgress })
      if (Buffer.compare(before, await fingerprintOf(vaultId)) !== 0) throw changed(vaultId)
      return { record: await this.#storeVault(vaultId, digests), isCached: false }
    })
  }

  async zones(path: string): Promise<Answer<CachedZoneTable>> {
    return await this.#through(path, async (vaultId) => {
      const known = await this.#cache.get('zones', { vaultId })
      if (known !== undefined) return { record: known, isCached: true }
      await using reader = await ImageReader.open(vaultId, { clock: this.#clock })
      const record = await this.#readZones(vaultId, reader)
      return { record, isCached: false, store: async () => await this.#cache.put('zones', record) }
    })
  }

  /** @throws IMAGE_PATH_UNKNOWN, IMAGE_TRUNCATED, IMAGE_LIMIT, IMAGE_DAMAGED */
  async territory(
    path: string,
    zoneIndex: number,
    options: ReadOptions = {},
  ): Promise<Answer<CachedTerritoryMetadata>> {
    checkedZone(zoneIndex)
    const checked = checkedRead(options)
    return await this.#through(path, async (vaultId) => {
      const known = await this.#cache.get('territories', { vaultId, zoneIndex })
      if (known !== undefined) return { record: known, isCached: true }
      await using reader = await ImageReader.open(vaultId, { clock: this.#clock })
      const facts = await reader.territory(zoneIndex, checked)
      const record = { vaultId, zoneIndex, ...facts, cachedAt: this.#clock.now() }
      return { record, isCached: false, store: async () => await this.#cache.put('territories', record) }
    })
  }

  /** @throws IMAGE_PATH_UNKNOWN, IMAGE_UNSUPPORTED, IMAGE_TRUNCATED, IMAGE_LIMIT, IMAGE_DAMAGED */
  async list(path: string, place: Place, options: ReadOptions = {}): Promise<ListingAnswer> {
    const { zoneIndex, path: inside } = checkedPlace(place)
    const directory = normalPath(inside)
    const checked = checkedRead(options)
    return await this.#through(path, async (vaultId): Promise<Attempt<ListingAnswer>> => {
      const known = await this.#cache.get('directories', { vaultId, zoneIndex, path: directory })
      if (known !== undefined) return { record: known, isCached: true }
      await using reader = await ImageReader.open(vaultId, { clock: this.#clock })
      const { occupants, partial } = await reader.list(zoneIndex, directory, checked)
      const record = { vaultId, zoneIndex, path: directory, occupants, cachedAt: this.#clock.now() }
      if (partial !== undefined) return { record, isCached: false, partial }
      return { record, isCached: false, store: async () => await this.#cache.put('directories', record) }
    })
  }

  /** One file with its digests. @throws as `list` */
  async file(path: string, place: Place, options: DigestOptions = {}): Promise<Answer<CachedFileMetadata>> {
    const { zoneIndex, path: given } = checkedPlace(place)
    const inside = normalPath(given)
    const { signal, onProgress } = checkedDigests(options)
    return await this.#through(path, async (vaultId): Promise<Attempt<Answer<CachedFileMetadata>>> => {
      const known = await this.#cache.get('files', { vaultId, zoneIndex, path: inside })
      if (known !== undefined) return { record: known, isCached: true }
      await using reader = await ImageReader.open(vaultId, { clock: this.#clock })
      const { isDirectory, ...facts } = await reader.stat(zoneIndex, inside, { signal })
      const digests = isDirectory
        ? {}
        : await digestsOf(reader.read(zoneIndex, inside, { signal }), { onProgress })
      const record = { vaultId, zoneIndex, path: inside, ...facts, ...digests, cachedAt: this.#clock.now() }
      return { record, isCached: false, store: async () => await this.#cache.put('files', record) }
    })
  }

  /** Forgets everything of an image, also of one that is gone. */
  async invalidate(path: string): Promise<RemovalReport> {
    const vaultId = await vaultIdOf(path)
    this.#proven.delete(vaultId)
    return await this.#cache.invalidateVault(vaultId)
  }

  /** Reads zones and file systems anew and compares. @returns the names of the records that differ */
  async verify(path: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const checked = checkedRead(options)
    const vaultId = await vaultIdOf(path)
    await statSource(vaultId)
    await using reader = await ImageReader.open(vaultId, { clock: this.#clock })
    const zones = await this.#readZones(vaultId, reader)
    const differences: string[] = []
    const known = await this.#cache.get('zones', { vaultId })
    if (known !== undefined && !isSameRecord(known, zones)) differences.push('zones')
    for (const { index: zoneIndex } of zones.zones) {
      const territory = await this.#cache.get('territories', { vaultId, zoneIndex })
      const facts = await reader.territory(zoneIndex, checked)
      if (territory !== undefined && !isSameRecord(territory, { vaultId, zoneIndex, ...facts }))
        differences.push(`territory of zone ${zoneIndex}`)
      const root = await this.#cache.get('directories', { vaultId, zoneIndex, path: '' })
      if (root === undefined) continue
      const { occupants } = await reader.list(zoneIndex, '', checked)
      if (!isSameRecord(root, { vaultId, zoneIndex, path: '', occupants }))
        differences.push(`root of zone ${zoneIndex}`)
    }
    return differences
  }

  async #readZones(vaultId: string, reader: ImageReader): Promise<CachedZoneTable> {
    const { tableType, zones } = await reader.zones()
    const named: CachedZoneTable['zones'][number][] = []
    for (const { index, zoneType, offset, length } of zones) {
      const territoryType = await territoryTypeOf(reader, index)
      named.push({ index, zoneType, offset, length, ...(territoryType && { territoryType }) })
    }
    return { vaultId, tableType, zones: named, cachedAt: this.#clock.now() }
  }

  async #storeVault(vaultId: string, digests: Digests | undefined): Promise<CachedVaultMetadata> {
    const { size } = await statSource(vaultId)
    const now = this.#clock.now()
    const record: CachedVaultMetadata = {
      vaultId,
      filePath: vaultId,
      vaultType: 'raw',
      size,
      ...(digests && { md5: digests.md5, sha1: digests.sha1 }),
      cachedAt: now,
      lastAccessed: now,
    }
    await this.#cache.put('vaults', record)
    return record
  }

  /**
   * Runs an operation on an image as it is now. What it read is stored only when the image is still the same
   * afterwards; otherwise it is read anew.
   */
  async #through<A extends object>(
    path: string,
    operation: (vaultId: string) => Promise<Attempt<A>>,
  ): Promise<A> {
    checkedPath(path)
    // Both at once: a hit in memory waits for little else.
    const [vaultId, direct] = await Promise.all([vaultIdOf(path), statSource(path)])
    // A link may lead elsewhere by now.
    let before = await this.#proveSource(vaultId, vaultId === path ? direct : await statSource(vaultId))
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { store, ...answer } = await operation(vaultId)
      const after = store === undefined ? before : await statSource(vaultId)
      if (after.identity !== before.identity) {
        // One attempt after another: each begins with what the one before found changed.
        before = await this.#proveSource(vaultId, await statSource(vaultId))
        continue
      }
      await store?.()
      // What is left of an attempt without `store` is the answer.
      return answer as unknown as A
    }
    throw changed(path)
  }

  /** Compares the fingerprint, unless the file's times prove that nothing happened since the last comparison. */
  async #proveSource(vaultId: string, found: SourceStat): Promise<SourceStat> {
    if (this.#proven.get(vaultId) === found.identity) return found
    await this.#cache.checkFingerprint(vaultId, await fingerprintOf(vaultId))
    if (isProven(found, this.#clock)) this.#proven.set(vaultId, found.identity)
    return found
  }
}

/** An answer, and how to store it once the image has proved to be unchanged. */
type Attempt<A> = A & { readonly store?: (() => Promise<void>) | undefined }

/** The path that a file has whatever links lead to it. */
async function vaultIdOf(path: string): Promise<string> {
  checkedPath(path)
  try {
    return await realpath(path)
  } catch {
    // Whoever opens it will say what is wrong.
    return path
  }
}

async function territoryTypeOf(reader: ImageReader, zoneIndex: number): Promise<string | undefined> {
  try {
    const territoryType = await reader.territoryType(zoneIndex)
    return territoryType === 'unknown' ? undefined : territoryType
  } catch (error) {
    // A zone whose file system is damaged is a zone all the same.
    if (error instanceof ForgeError) return undefined
    throw error
  }
}

function normalPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .join('/')
}

function isSameRecord(left: object, right: object): boolean {
  const { cachedAt: _left, ...known } = { cachedAt: 0, ...left }
  const { cachedAt: _right, ...found } = { cachedAt: 0, ...right }
  return JSON.stringify(sorted(known)) === JSON.stringify(sorted(found))
}

function sorted(record: object): readonly (readonly [string, unknown])[] {
  return Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1))
}

function changed(path: string): ForgeError {
  return new ForgeError('IMAGE_CHANGED', `${path} changes while it is read`)
}
