import { keepOwner, keepOwnersBelow } from '@forgeone/common/files'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import {
  MetadataCache,
  type CacheMaintenance,
  type CleanupReport,
  type MetadataCacheStats,
  type MetadataRecords,
  type RecordAddress,
  type RecordLookup,
  type RemovalReport,
  type TableName,
} from '@forgeone/cache/persistent'
import { canonicalJson, ForgeError, utf8Encode, type Clock } from '@forgeone/common'
import { ClassicBackend, type ManagedStore } from '@forgeone/engine'

/** Scope of the data keys that seal the cache; it has one from its first use on. */
export const CACHE_SCOPE = 'cache'
const KEYSPACE = Uint8Array.of(1)
const INDEX_KEY_LABEL = 'cache-index'

export interface ForgeCacheOptions {
  readonly store: ManagedStore
  readonly directory: string
  readonly clock: Clock
}

/**
 * The {@link MetadataCache} of a store: sealed with its keys, opened at first use and closed with it. It is in no
 * journal and no backup; a cache that does not open is set aside and started empty. Each sweep and each invalidation
 * is one commit of its own.
 */
export class ForgeCache {
  readonly #options: ForgeCacheOptions
  #opened: Promise<MetadataCache> | undefined
  #recorded: Promise<void> = Promise.resolve()
  /** Settles when no removal is under way. */
  #emptied: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: ForgeCacheOptions) {
    this.#options = options
  }

  /** @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG, IO_FAILED */
  async get<Name extends TableName>(
    table: Name,
    address: RecordAddress,
  ): Promise<MetadataRecords[Name] | undefined> {
    return await (await this.#open()).get(table, address)
  }

  /** Everything that is known of an address. @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG, IO_FAILED */
  async lookup<Name extends TableName>(
    table: Name,
    address: RecordAddress,
  ): Promise<RecordLookup<MetadataRecords[Name]>> {
    return await (await this.#open()).lookup(table, address)
  }

  /** @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG, CACHE_CONFIG_INVALID for a malformed record, IO_FAILED */
  async put<Name extends TableName>(table: Name, record: MetadataRecords[Name]): Promise<void> {
    await (await this.#open()).put(table, record)
  }

  /**
   * The record, loaded and stored when it is not here.
   * @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG, CACHE_OVERLOADED, IO_FAILED, what the loader throws
   */
  async getOrLoad<Name extends TableName>(
    table: Name,
    address: RecordAddress,
    loader: (context: {
      readonly signal: AbortSignal | undefined
    }) => Promise<MetadataRecords[Name] | undefined>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<MetadataRecords[Name] | undefined> {
    return await (await this.#open()).getOrLoad(table, address, loader, options)
  }

  /** Notes that a session was used, at most once a minute. @throws CACHE_CLOSED, IO_FAILED */
  async touchSession(sessionId: string): Promise<void> {
    await (await this.#open()).touchSession(sessionId)
  }

  /** Invalidates a vault whose source looks different now. @returns whether it looks the same */
  async checkFingerprint(vaultId: string, fingerprint: Uint8Array): Promise<boolean> {
    return await this.#recording((cache) => cache.checkFingerprint(vaultId, fingerprint))
  }

  /** Makes every record of a vault invalid by one write, then removes them. @throws CACHE_CLOSED, IO_FAILED */
  async invalidateVault(vaultId: string): Promise<RemovalReport> {
    return await this.#recording((cache) => cache.invalidateVault(vaultId))
  }

  /** Removes the listing of a directory; with `recursive` all below. @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG */
  async invalidateDirectory(
    address: RecordAddress,
    options: { readonly recursive?: boolean | undefined } = {},
  ): Promise<RemovalReport> {
    return await this.#recording((cache) => cache.invalidateDirectory(address, options))
  }

  /** Makes everything invalid by one write, then removes it. Sessions stay unless they are named. @throws CACHE_CLOSED */
  async invalidateAll(
    options: { readonly sessions?: boolean | undefined; readonly background?: boolean | undefined } = {},
  ): Promise<void> {
    await this.#recording((cache) => cache.invalidateAll(options))
  }

  /** Removes what has expired. @throws CACHE_CLOSED, IO_FAILED */
  async cleanup(): Promise<CleanupReport> {
    return await this.#recording((cache) => cache.cleanup())
  }

  async stats(): Promise<MetadataCacheStats> {
    return await (await this.#open()).stats()
  }

  /**
   * Removes the cache and every byte of it; whoever asks next begins an empty one. What is asked at the same moment may
   * fail as if it were closed.
   * @throws IO_FAILED
   */
  async empty(): Promise<void> {
    const before = this.#opened
    this.#opened = undefined
    const emptied = this.#emptied.then(async () => {
      const cache = await before?.catch(() => undefined)
      await cache?.close().catch(() => undefined)
      await removeDirectory(this.#options.directory)
    })
    this.#emptied = emptied.catch(() => undefined)
    await emptied
  }

  /** Writes what waits; the store calls it before it closes itself. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#emptied
    const cache = await this.#opened?.catch(() => undefined)
    // A cache that cannot be closed cleanly counts itself anew when it is opened next.
    await cache?.close().catch(() => undefined)
    keepOwnersBelow(this.#options.directory)
    await this.#recorded
  }

  async #open(): Promise<MetadataCache> {
    if (this.#isClosed) throw new ForgeError('CACHE_CLOSED', 'the cache was closed with its store')
    this.#opened ??= this.#openSealed()
    try {
      return await this.#opened
    } catch (error) {
      this.#opened = undefined
      throw error
    }
  }

  async #openSealed(): Promise<MetadataCache> {
    await this.#emptied
    const { store, directory, clock } = this.#options
    const { keyring } = store.keys
    await keyring.ensureScopes([CACHE_SCOPE])
    await setForeignLogsAside(directory)
    const cache = await MetadataCache.open({
      config: { dbPath: directory },
      sealer: keyring.sealer(CACHE_SCOPE, KEYSPACE),
      // Lasting: a rotated data key must not make every name another one.
      indexKey: keyring.lastingMac(INDEX_KEY_LABEL, utf8Encode('v1')),
      onMaintenance: (done) => this.#record(done),
      reportProblem: (problem, where) => store.reportProblem(problem, where),
      clock,
    })
    keepOwner(directory)
    keepOwnersBelow(directory)
    return cache
  }

  /** Runs a change, and waits until what it did is in the log. */
  async #recording<T>(change: (cache: MetadataCache) => Promise<T>): Promise<T> {
    const result = await change(await this.#open())
    await this.#recorded
    return result
  }

  /** A store that cannot be written says so itself; what was removed is removed all the same. */
  #record({ kind, scope, removed, bytes }: CacheMaintenance): void {
    const value = { ...(scope && { scope }), ...(removed !== undefined && { removed }), bytes }
    const context = canonicalJson(value, { code: 'INTERNAL', what: 'the facts of a change of the cache' })
    const facts = { actor: 'system', action: `cache.${kind}`, resourceClass: 'cache', context }
    this.#recorded = this.#recorded.then(async () => {
      const commit = this.#options.store.commit(() => ({ facts, operations: [] }), { privileged: true })
      await commit.catch(() => undefined)
    })
  }
}

/** LevelDB aborts the process on some logs that it did not write: such a cache is set aside, and begun anew. */
async function setForeignLogsAside(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  try {
    const backend = new ClassicBackend(dirname(directory))
    if ((await backend.checkLogs(basename(directory))) === undefined) return
    const aside = `${directory}.damaged`
    await rm(aside, { recursive: true, force: true })
    await rename(directory, aside)
  } catch (cause) {
    throw new ForgeError('IO_FAILED', 'the cache could not be examined', { cause })
  }
}

async function removeDirectory(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (cause) {
    throw new ForgeError('IO_FAILED', 'the cache could not be removed', { cause })
  }
}
