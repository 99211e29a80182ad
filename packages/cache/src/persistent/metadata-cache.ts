import { ForgeError, isForgeError, systemClock, type Clock, type ReportProblem } from '@forgeone/common'
import { MemoryCache } from '../memory/memory-cache.ts'
import { invalid } from '../memory/memory-cache-options.ts'
import { platformRandom } from '../platform/platform-random.ts'
import type { MetadataRecords, TableName } from '../table/records.ts'
import type { RecordAddress } from '../table/tables.ts'
import type { CacheConfig } from './cache-config.ts'
import {
  checkAddress,
  checkedAddressOf,
  checkFingerprint,
  checkFlags,
  checkLoader,
  checkTable,
} from './checked-address.ts'
import { loadCheckedRecords, type CheckedRecords } from './checked-records.ts'
import { databaseTier, type DatabaseTier } from './database-tier.ts'
import { DiskTier, type DiskEntry, type Located } from './disk-tier.ts'
import { bytesInMemory } from './bytes-in-memory.ts'
import { memoryKey } from './entry-names.ts'
import type { RemovalReport } from './entry-store.ts'
import { checkOpening, type MetadataCacheOptions, type RecordLookup } from './metadata-cache-options.ts'
import { withLastUse } from './last-use.ts'
import { tableCounters, timedLoad, type MetadataCacheStats } from './metadata-stats.ts'
import { tellMaintenance, type CacheMaintenance, type OnMaintenance } from './maintenance.ts'
import { Upkeep, type CleanupReport } from './upkeep.ts'
import { sameBytes } from '../table/fixed-bytes.ts'

const SESSION_TOUCH_MS = 60_000
type AnyEntry = DiskEntry<MetadataRecords[TableName]>

/**
 * Records of six tables in memory and on disk. It may lose records, at any time and without a word; it never gives
 * one of another place, source, format or time. Reads and writes of the disk that fail are counted and not thrown.
 *
 * @example const cache = await MetadataCache.open({ config: { dbPath: './cache' } })
 */
export class MetadataCache {
  readonly #config: CacheConfig
  readonly #clock: Clock
  readonly #records: CheckedRecords
  readonly #disk: DiskTier
  readonly #upkeep: Upkeep
  readonly #memory: MemoryCache<string, AnyEntry>
  readonly #counters = tableCounters()
  readonly #mode: MetadataCacheStats['mode']
  readonly #onMaintenance: OnMaintenance | undefined
  #diskErrors = 0
  #fingerprintChanges = 0
  /** Counts directory invalidations: a load that began before one is not stored. */
  #invalidations = 0
  #isClosed = false

  private constructor(o: {
    readonly config: CacheConfig
    readonly clock: Clock
    readonly records: CheckedRecords
    readonly indexKey: Uint8Array | undefined
    readonly onMaintenance: OnMaintenance | undefined
    readonly reportProblem: ReportProblem | undefined
    readonly tier: DatabaseTier
  }) {
    this.#config = o.config
    this.#clock = o.clock
    this.#records = o.records
    this.#onMaintenance = o.onMaintenance
    this.#mode = o.tier.mode
    this.#disk = new DiskTier({ ...o, database: o.tier.database, counters: this.#counters })
    this.#upkeep = new Upkeep({
      disk: this.#disk,
      clock: o.clock,
      intervalHours: o.config.cleanupIntervalHours,
      onDone: ({ removed, bytes, ms }) => this.#tell({ kind: 'swept', removed, bytes, ms }),
      onError: () => void this.#diskErrors++,
      reportProblem: o.reportProblem,
    })
    this.#memory = new MemoryCache({
      maxBytes: o.config.memoryMaxBytes,
      policy: o.config.policy,
      weigh: ({ rawLength }) => bytesInMemory(rawLength),
      name: 'metadata',
      clock: o.clock,
      random: platformRandom,
    })
  }

  /**
   * Opens the cache; in memory alone where another process has `dbPath`, or a given database cannot be read.
   * @throws CACHE_CONFIG_INVALID, and CACHE_PEER_MISSING without the package `zod`, or `level` where no database is given
   */
  static async open(asked: MetadataCacheOptions = {}): Promise<MetadataCache> {
    const options = checkOpening(asked)
    const { config: given = {}, indexKey, sealer, clock = systemClock } = options
    const records = await loadCheckedRecords()
    const config = records.checkedConfig(given)
    const { onMaintenance, reportProblem } = options
    const base = { config, clock, records, indexKey, onMaintenance, reportProblem }
    if (sealer !== undefined && indexKey === undefined)
      throw invalid('indexKey', 'absent, but values are sealed')
    const tier = await databaseTier(config, options)
    const cache = new MetadataCache({ ...base, tier })
    if (!config.enabled || (await cache.#isStarted(tier))) return cache
    // What opens may be damaged all the same.
    const again = await databaseTier(config, { ...options, isDamaged: true })
    const empty = new MetadataCache({ ...base, tier: again })
    await empty.#isStarted(again)
    return empty
  }

  /** @returns whether the database could be read; otherwise it is closed */
  async #isStarted({ database }: DatabaseTier): Promise<boolean> {
    try {
      await this.#disk.open()
      this.#upkeep.start()
      return true
    } catch {
      await database.close()
      return false
    }
  }

  get mode(): MetadataCacheStats['mode'] {
    return this.#mode
  }

  /** @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG */
  async get<Name extends TableName>(
    table: Name,
    address: RecordAddress,
  ): Promise<MetadataRecords[Name] | undefined> {
    const found = await this.lookup(table, address)
    return found.state === 'fresh' ? found.record : undefined
  }

  /** Everything that is known of an address. @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG */
  async lookup<Name extends TableName>(
    table: Name,
    address: RecordAddress,
  ): Promise<RecordLookup<MetadataRecords[Name]>> {
    this.#check(address, table)
    if (this.#mode === 'off') return { state: 'absent' }
    const located = await this.#disk.locate(table, address)
    return await this.#lookupAt(table, address, located)
  }

  /**
   * Stores a record in both tiers.
   * @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG, and CACHE_CONFIG_INVALID when the record is malformed
   */
  async put<Name extends TableName>(table: Name, record: MetadataRecords[Name]): Promise<void> {
    const address = checkedAddressOf(table, record)
    this.#check(address, table)
    const raw = this.#records.encodeRecord(table, record)
    if (this.#mode === 'off') return
    const located = await this.#disk.locate(table, address)
    const entry = await this.#store({ table, address, located, record, rawLength: raw.length })
    this.#memory.set(this.#memoryKey(table, address, located), entry)
  }

  /**
   * The record, loaded and stored when it is not here: once, however many callers ask. A loader that gives undefined
   * says that there is none, which is remembered for `negativeTtlSeconds`.
   * @throws CACHE_CLOSED, CACHE_KEY_TOO_LONG, CACHE_OVERLOADED, what the loader throws, the reason of `signal`
   */
  async getOrLoad<Name extends TableName>(
    table: Name,
    address: RecordAddress,
    loader: (context: {
      readonly signal: AbortSignal | undefined
    }) => Promise<MetadataRecords[Name] | undefined>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<MetadataRecords[Name] | undefined> {
    this.#check(address, table)
    checkLoader(loader, options)
    const { signal } = options
    if (this.#mode === 'off') return await loader({ signal })
    const located = await this.#disk.locate(table, address)
    const known = await this.#lookupAt(table, address, located)
    if (known.state === 'fresh') return known.record
    if (known.state === 'negative') return undefined
    const invalidations = this.#invalidations
    const load = async (context: { readonly signal: AbortSignal }): Promise<AnyEntry> => {
      const record = await timedLoad(this.#counters[table], this.#clock, async () => await loader(context))
      const isWanted = (): boolean => invalidations === this.#invalidations
      return await this.#store({ table, address, located, record, rawLength: 0, isWanted })
    }
    const key = this.#memoryKey(table, address, located)
    const entry = this.#memory.getOrLoad(key, async (_key, context) => await load(context), { signal })
    if (known.state === 'stale') {
      this.#counters[table].stale++
      // The old record is the answer; a refresh that fails has been counted.
      entry.catch(() => undefined)
      return known.record
    }
    // The entries of a table's keys are that table's.
    return (await entry)?.record as MetadataRecords[Name] | undefined
  }

  /** Notes that a session was used, in its record, at most once a minute. */
  async touchSession(sessionId: string): Promise<void> {
    const session = await this.get('sessions', { vaultId: sessionId })
    const now = this.#clock.now()
    if (session !== undefined && now - session.lastAccessed >= SESSION_TOUCH_MS)
      await this.put('sessions', { ...session, lastAccessed: now })
  }

  /**
   * Compares what a vault's source looks like now with what it looked like; when that differs, every record of the
   * vault is invalid. @returns whether it was the same
   */
  async checkFingerprint(vaultId: string, fingerprint: Uint8Array): Promise<boolean> {
    this.#check({ vaultId })
    checkFingerprint(fingerprint)
    if (this.#mode === 'off') return false
    const { generation } = await this.#disk.locate('vaults', { vaultId })
    if (generation.fingerprint !== undefined && sameBytes(generation.fingerprint, fingerprint)) return true
    if (generation.fingerprint !== undefined) this.#fingerprintChanges++
    await this.#startGeneration(vaultId, fingerprint)
    return false
  }

  /** Makes every record of a vault invalid by one write, then removes them. */
  async invalidateVault(vaultId: string): Promise<RemovalReport> {
    this.#check({ vaultId })
    return await this.#startGeneration(vaultId, undefined)
  }

  /** Removes the listing of a directory and the records of files directly at its path; with `recursive` all below. */
  async invalidateDirectory(
    address: RecordAddress,
    options: { readonly recursive?: boolean | undefined } = {},
  ): Promise<RemovalReport> {
    this.#check(address)
    const { recursive = false } = checkFlags(options, ['recursive'])
    this.#invalidations++
    const located = await this.#disk.locate('directories', address)
    const exact = new Set(
      (['directories', 'files'] as const).map((table) => this.#memoryKey(table, address, located)),
    )
    const below = recursive ? [...exact].map((key) => (address.path ? `${key}/` : key)) : []
    this.#memory.invalidateWhere((key) => exact.has(key) || below.some((prefix) => key.startsWith(prefix)))
    const report = await this.#disk.invalidateDirectory(address, { recursive })
    this.#tell({ kind: 'invalidated', scope: 'directory', removed: report.removed, bytes: report.bytes })
    return report
  }

  /** Makes everything invalid by one write, and settles when it is removed from the database. Sessions stay. */
  async invalidateAll(
    options: { readonly sessions?: boolean | undefined; readonly background?: boolean | undefined } = {},
  ): Promise<void> {
    this.#check({ vaultId: '-' })
    const { sessions = false, background = false } = checkFlags(options, ['sessions', 'background'])
    this.#invalidations++
    const before = this.#disk.totalBytes
    const { removed } = await this.#disk.startEpoch({ sessions })
    this.#memory.clear()
    const told = removed.then(() =>
      this.#tell({ kind: 'invalidated', scope: 'all', bytes: before - this.#disk.totalBytes }),
    )
    if (background) told.catch(() => void this.#diskErrors++)
    else await told
  }

  /** Removes what has expired. */
  async cleanup(): Promise<CleanupReport> {
    this.#check({ vaultId: '-' })
    return await this.#upkeep.cleanup()
  }

  async stats(): Promise<MetadataCacheStats> {
    return {
      mode: this.#mode,
      tables: structuredClone(this.#counters),
      memory: this.#memory.stats(),
      diskBytes: this.#disk.totalBytes,
      approximateDiskBytes: await this.#disk.approximateBytes(),
      evicted: this.#disk.evicted,
      diskErrors: this.#diskErrors,
      fingerprintChanges: this.#fingerprintChanges,
      lastCleanup: this.#disk.lastCleanup,
    }
  }

  /** Writes what waits and closes the database. Closing twice is closing once. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#memory[Symbol.dispose]()
    await this.#upkeep.stop()
    await this.#disk.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #lookupAt<Name extends TableName>(
    table: Name,
    address: RecordAddress,
    located: Located,
  ): Promise<RecordLookup<MetadataRecords[Name]>> {
    const key = this.#memoryKey(table, address, located)
    const counters = this.#counters[table]
    const remembered = this.#memory.get(key)
    // The entries of a table's keys are that table's.
    let entry = remembered as DiskEntry<MetadataRecords[Name]> | undefined
    const source = entry === undefined ? 'disk' : 'memory'
    if (entry !== undefined && entry.expiresAt <= this.#clock.now()) {
      this.#memory.delete(key)
      entry = undefined
    }
    if (entry === undefined) {
      entry = await this.#guarded(async () => await this.#disk.get(table, address, located))
      if (entry !== undefined && entry.expiresAt > this.#clock.now()) this.#memory.set(key, entry)
    } else if (entry.usedBucket !== this.#disk.bucketAt(this.#clock.now()))
      await this.#guarded(async () => await this.#disk.touch(table, address, located, entry!))
    if (entry === undefined) {
      counters.misses++
      return { state: 'absent' }
    }
    if (entry.record === undefined) {
      if (entry.expiresAt <= this.#clock.now()) return { state: 'absent' }
      counters.negative++
      return { state: 'negative' }
    }
    if (source === 'memory') counters.memoryHits++
    else counters.diskHits++
    const record = withLastUse(table, entry)
    return { state: entry.expiresAt > this.#clock.now() ? 'fresh' : 'stale', record, source }
  }

  async #store<Name extends TableName>(o: {
    readonly table: Name
    readonly address: RecordAddress
    readonly located: Located
    readonly record: MetadataRecords[Name] | undefined
    readonly rawLength: number
    readonly isWanted?: () => boolean
  }): Promise<DiskEntry<MetadataRecords[Name]>> {
    const { table, address, located, record, isWanted = () => true } = o
    // A malformed record is the caller's mistake and not the disk's.
    const rawLength =
      o.rawLength || (record === undefined ? 0 : this.#records.encodeRecord(table, record).length)
    const stored = await this.#guarded(
      async () => await this.#disk.put(table, address, located, record, isWanted),
    )
    const now = this.#clock.now()
    const lifetimeMs =
      record === undefined ? this.#config.negativeTtlSeconds * 1000 : this.#config.maxAgeDays * 86_400_000
    const usedBucket = this.#disk.bucketAt(now)
    return stored ?? { record, createdAt: now, expiresAt: now + lifetimeMs, rawLength, usedBucket }
  }

  async #startGeneration(vaultId: string, fingerprint: Uint8Array | undefined): Promise<RemovalReport> {
    const { vaultHex, generation } = await this.#disk.locate('vaults', { vaultId })
    // Without a database generations are remembered for a while only: what lies in memory must go itself.
    if (this.#mode === 'memory') this.#memory.invalidateWhere((key) => key.includes(vaultHex))
    const report = await this.#disk.invalidateVault(vaultId, fingerprint)
    const { removed, bytes } = report
    // That a source is seen for the first time invalidates nothing.
    if (removed > 0 || generation.fingerprint !== undefined || fingerprint === undefined)
      this.#tell({ kind: 'invalidated', scope: 'vault', removed, bytes })
    return report
  }

  #tell(done: CacheMaintenance): void {
    tellMaintenance(done, this.#onMaintenance)
  }

  /** A disk that fails costs a miss. */
  async #guarded<T>(operation: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await operation()
    } catch (error) {
      // Of the keys; what a sealer throws is a failure of the disk.
      if (isForgeError(error, 'CACHE_KEY_TOO_LONG')) throw error
      this.#diskErrors++
      return undefined
    }
  }

  #memoryKey(table: TableName, address: RecordAddress, { epoch, vaultHex, generation }: Located): string {
    return memoryKey({ epoch, table, vaultHex, generation: generation.number, address })
  }

  #check(address: RecordAddress, table?: TableName): void {
    if (this.#isClosed) throw new ForgeError('CACHE_CLOSED', 'the metadata cache is closed')
    checkAddress(address)
    if (table !== undefined) checkTable(table)
  }
}
