import type { Clock } from '@forgeone/common'
import { publishEvent } from '../platform/cache-events.ts'
import type { MetadataRecords, TableName } from '../table/records.ts'
import {
  addressOf,
  PARSER_VERSIONS,
  TABLE_NUMBERS,
  VAULT_TABLES,
  type RecordAddress,
} from '../table/tables.ts'
import { compressBody, decompressBody } from './body-compression.ts'
import type { CacheConfig } from './cache-config.ts'
import type { CacheDatabase, CacheRange } from './cache-database.ts'
import type { CheckedRecords } from './checked-records.ts'
import {
  FIRST_EPOCH,
  KEY_KIND,
  entryKey,
  epochRange,
  olderGenerations,
  pathRange,
  PATH_FORM,
  SESSION_EPOCH,
  zonePageRange,
  type EntryPlace,
} from './cache-keys.ts'
import { EntryNames } from './entry-names.ts'
import { entryRows, readEntry, type StoredEntry } from './entry-pages.ts'
import { EntryStore, type RemovalReport } from './entry-store.ts'
import type { TableCounters } from './metadata-stats.ts'
import { Recency } from './recency.ts'
import { StateRows } from './state-rows.ts'
import { VaultGenerations, type Generation } from './vault-generations.ts'
import { sameBytes } from '../table/fixed-bytes.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Used entries that wait before they are written. */
const TOUCHES_MAX = 1_000
const NO_PATH = new Uint8Array(0)

/** Where an address lies now. Another generation or epoch later means that it was invalidated meanwhile. */
export interface Located {
  readonly epoch: number
  readonly vaultKey: Uint8Array
  readonly vaultHex: string
  readonly generation: Generation
}

/** What the disk knows of an address. */
export interface DiskEntry<R> {
  readonly record: R | undefined
  readonly createdAt: number
  readonly expiresAt: number
  readonly rawLength: number
  /** The bucket of the last use that was noted. It moves on while the entry is in memory. */
  usedBucket: number
}

/** The part of the cache that survives: typed records over a {@link CacheDatabase}. */
export class DiskTier {
  readonly #database: CacheDatabase
  readonly #config: CacheConfig
  readonly #clock: Clock
  readonly #records: CheckedRecords
  readonly #counters: Readonly<Record<TableName, TableCounters>>
  readonly #names: EntryNames
  readonly #state: StateRows
  readonly #generations: VaultGenerations
  readonly #recency: Recency
  readonly #store: EntryStore
  #epoch = FIRST_EPOCH
  #evicted = 0

  constructor(o: {
    readonly database: CacheDatabase
    readonly config: CacheConfig
    readonly clock: Clock
    readonly records: CheckedRecords
    readonly indexKey: Uint8Array | undefined
    readonly counters: Readonly<Record<TableName, TableCounters>>
  }) {
    this.#database = o.database
    this.#config = o.config
    this.#clock = o.clock
    this.#records = o.records
    this.#counters = o.counters
    this.#names = new EntryNames(o.indexKey)
    this.#state = new StateRows(o.database)
    this.#generations = new VaultGenerations(o.database)
    this.#recency = new Recency({ lifetimeMs: o.config.maxAgeDays * DAY_MS, limit: TOUCHES_MAX })
    this.#store = new EntryStore({
      database: o.database,
      state: this.#state,
      recency: this.#recency,
      maxBytes: o.config.maxBytes,
      onEvict: (count) => {
        this.#evicted += count
        publishEvent({ cache: 'metadata', event: 'removed', reason: 'evict', count })
      },
    })
  }

  get totalBytes(): number {
    return this.#store.totalBytes
  }

  get evicted(): number {
    return this.#evicted
  }

  get lastCleanup(): number | undefined {
    return this.#state.get('lastCleanup')
  }

  async open(): Promise<void> {
    await this.#state.load()
    this.#epoch = this.#state.get('epoch') ?? FIRST_EPOCH
    await this.#store.open()
    // What a kill in the middle of an invalidation left.
    if (await this.#hasOlderEpochs()) await this.#store.dropEpochsBelow(this.#epoch)
  }

  async locate(table: TableName, address: RecordAddress): Promise<Located> {
    const { vaultId } = address
    const key = this.#names.knownVaultKey(table, vaultId) ?? (await this.#names.vaultKey(table, vaultId))
    const epoch = table === 'sessions' ? SESSION_EPOCH : this.#epoch
    const generation = this.#generations.known(key.hex) ?? (await this.#generations.get(epoch, key))
    return { epoch, vaultKey: key.bytes, vaultHex: key.hex, generation }
  }

  /** Whether nothing was invalidated since. */
  async isCurrent(table: TableName, address: RecordAddress, located: Located): Promise<boolean> {
    const now = await this.locate(table, address)
    return now.epoch === located.epoch && now.generation.number === located.generation.number
  }

  async get<Name extends TableName>(
    table: Name,
    address: RecordAddress,
    located: Located,
  ): Promise<DiskEntry<MetadataRecords[Name]> | undefined> {
    const place = await this.#place(table, address, located)
    const found = await readEntry(this.#database, place)
    if (found === undefined) return undefined
    const entry = found === 'corrupt' ? undefined : await this.#trusted(table, address, located, found)
    if (entry === undefined) {
      this.#counters[table].corrupt++
      await this.#store.remove([entryKey(place)])
      return undefined
    }
    if (entry.expiresAt + this.#config.graceHours * HOUR_MS <= this.#clock.now()) {
      await this.#store.remove((found as StoredEntry).keys)
      return undefined
    }
    await this.#touch(place, entry.expiresAt)
    return entry
  }

  /** @returns what was stored, or undefined when it was invalidated meanwhile or is too long */
  async put<Name extends TableName>(
    table: Name,
    address: RecordAddress,
    located: Located,
    record: MetadataRecords[Name] | undefined,
    isWanted: () => boolean,
  ): Promise<DiskEntry<MetadataRecords[Name]> | undefined> {
    const raw = record === undefined ? new Uint8Array(0) : this.#records.encodeRecord(table, record)
    const packed = await compressBody(raw, this.#config.compression)
    const now = this.#clock.now()
    const lifetimeMs =
      record === undefined ? this.#config.negativeTtlSeconds * 1000 : this.#config.maxAgeDays * DAY_MS
    const header = {
      isNegative: record === undefined,
      isCompressed: packed !== undefined,
      parserVersion: PARSER_VERSIONS[table],
      createdAt: now,
      expiresAt: now + Math.round(lifetimeMs),
      rawLength: raw.length,
      fingerprint: located.generation.fingerprint,
    }
    const rows = entryRows(await this.#place(table, address, located), header, packed ?? raw)
    const isCurrent = (await this.isCurrent(table, address, located)) && isWanted()
    if (rows === undefined || !isCurrent) return undefined
    await this.#store.put(rows, { now })
    const counters = this.#counters[table]
    counters.puts++
    counters.rawBytes += raw.length
    counters.storedBytes += (packed ?? raw).length
    const usedBucket = this.bucketAt(now)
    return { record, createdAt: now, expiresAt: header.expiresAt, rawLength: raw.length, usedBucket }
  }

  /** Notes the use of an entry that was found in memory. */
  async touch(
    table: TableName,
    address: RecordAddress,
    located: Located,
    entry: DiskEntry<unknown>,
  ): Promise<void> {
    entry.usedBucket = this.bucketAt(this.#clock.now())
    await this.#touch(await this.#place(table, address, located), entry.expiresAt)
  }

  /** Hours since 1970 at which the bucket of a time begins. */
  bucketAt(timeMs: number): number {
    return this.#recency.bucketAt(timeMs)
  }

  async flush(): Promise<void> {
    await this.#store.flushRecency()
  }

  /** Starts a new generation of a vault, by one write, and then removes what is older. */
  async invalidateVault(vaultId: string, fingerprint: Uint8Array | undefined): Promise<RemovalReport> {
    const { epoch, vaultKey, generation } = await this.locate('vaults', { vaultId })
    const number = generation.number + 1
    await this.#store.write([this.#generations.start(epoch, vaultKey, { number, fingerprint })])
    let report: RemovalReport = { scanned: 0, removed: 0, bytes: 0 }
    for (const table of VAULT_TABLES) {
      const range = olderGenerations({ epoch, table: TABLE_NUMBERS[table], vaultKey, below: number })
      const { scanned, removed, bytes } = await this.#store.removeRange(range)
      report = {
        scanned: report.scanned + scanned,
        removed: report.removed + removed,
        bytes: report.bytes + bytes,
      }
    }
    return report
  }

  /** Removes listings at a path, and below it when `recursive`. In a sealed cache: of the whole zone. */
  async invalidateDirectory(
    address: RecordAddress,
    { recursive }: { readonly recursive: boolean },
  ): Promise<RemovalReport> {
    const located = await this.locate('directories', address)
    let report: RemovalReport = { scanned: 0, removed: 0, bytes: 0 }
    for (const table of ['directories', 'files'] as const) {
      for (const range of await this.#directoryRanges(table, address, located, recursive)) {
        const { scanned, removed, bytes } = await this.#store.removeRange(range)
        report = {
          scanned: report.scanned + scanned,
          removed: report.removed + removed,
          bytes: report.bytes + bytes,
        }
      }
    }
    return report
  }

  /** One write makes everything older invisible; `removed` settles when it is gone from the database. */
  async startEpoch(o: { readonly sessions: boolean }): Promise<{ readonly removed: Promise<void> }> {
    const epoch = this.#epoch + 1
    await this.#store.write(this.#state.set('epoch', epoch))
    this.#epoch = epoch
    this.#generations.clear()
    const removed = this.#store.dropEpochsBelow(epoch)
    if (o.sessions)
      await this.#store.removeRange(epochRange(KEY_KIND.entry, { from: SESSION_EPOCH, to: FIRST_EPOCH }))
    return { removed }
  }

  async removeExpired(): Promise<RemovalReport> {
    const now = this.#clock.now()
    const before = now - this.#config.graceHours * HOUR_MS + 1
    const report = await this.#store.removeExpired(before, [SESSION_EPOCH, this.#epoch])
    await this.#store.write(this.#state.set('lastCleanup', now))
    return report
  }

  async approximateBytes(): Promise<number | undefined> {
    return await this.#database.approximateBytes?.({
      gte: Uint8Array.of(KEY_KIND.entry),
      lt: Uint8Array.of(KEY_KIND.state + 1),
    })
  }

  async close(): Promise<void> {
    await this.#store.close()
    await this.#database.close()
  }

  async #trusted<Name extends TableName>(
    table: Name,
    address: RecordAddress,
    located: Located,
    { header, body }: StoredEntry,
  ): Promise<DiskEntry<MetadataRecords[Name]> | undefined> {
    if (header.parserVersion !== PARSER_VERSIONS[table]) return undefined
    const { fingerprint } = located.generation
    const isSameSource =
      fingerprint === undefined ||
      (header.fingerprint !== undefined && sameBytes(fingerprint, header.fingerprint))
    if (!isSameSource) return undefined
    const { createdAt, expiresAt, rawLength } = header
    const facts = { createdAt, expiresAt, rawLength, usedBucket: this.bucketAt(this.#clock.now()) }
    if (header.isNegative) return { record: undefined, ...facts }
    const raw = header.isCompressed ? await decompressBody(body, rawLength) : body
    const record = raw && this.#records.decodeRecord(table, raw)
    if (record === undefined) return undefined
    const own = addressOf(table, record)
    const isAtHome =
      own.vaultId === address.vaultId &&
      own.zoneIndex === address.zoneIndex &&
      (own.path ?? '') === (address.path ?? '')
    return isAtHome ? { record, ...facts } : undefined
  }

  async #touch(place: EntryPlace, expiresAt: number): Promise<void> {
    const isFull = this.#recency.touch(entryKey(place), { now: this.#clock.now(), expiresAt })
    if (isFull) await this.#store.flushRecency()
  }

  async #place(table: TableName, address: RecordAddress, located: Located): Promise<EntryPlace> {
    const { form, bytes } = await this.#names.path(address.path ?? '')
    return {
      epoch: located.epoch,
      table: TABLE_NUMBERS[table],
      vaultKey: located.vaultKey,
      generation: located.generation.number,
      zoneIndex: address.zoneIndex,
      page: 0,
      form,
      path: bytes,
    }
  }

  async #directoryRanges(
    table: TableName,
    address: RecordAddress,
    located: Located,
    recursive: boolean,
  ): Promise<readonly CacheRange[]> {
    const first = await this.#place(table, address, located)
    const isWholeZone = recursive && (address.path ?? '') === ''
    const inside = isWholeZone ? undefined : (await this.#names.path(`${address.path}/x`)).bytes.slice(0, -1)
    const ranges: CacheRange[] = []
    for (let page = 0; page === 0 || (await this.#hasRows(zonePageRange({ ...first, page }))); page++) {
      const place = { ...first, page }
      // Keyed and long paths stand there by their digest, in no order: with them goes what might be below.
      if (!this.#names.keepsPathOrder || inside === undefined) ranges.push(zonePageRange(place))
      else {
        ranges.push(pathRange(place, { below: false }))
        if (!recursive) continue
        ranges.push(pathRange({ ...place, path: inside }, { below: true }))
        ranges.push(pathRange({ ...place, form: PATH_FORM.hashed, path: NO_PATH }, { below: true }))
      }
    }
    return ranges
  }

  async #hasRows(range: CacheRange): Promise<boolean> {
    for await (const row of this.#database.iterate({ ...range, limit: 1 })) return row.key.length > 0
    return false
  }

  async #hasOlderEpochs(): Promise<boolean> {
    for (const kind of [KEY_KIND.entry, KEY_KIND.expiry, KEY_KIND.recency, KEY_KIND.vault]) {
      if (await this.#hasRows(epochRange(kind, { from: FIRST_EPOCH, to: this.#epoch }))) return true
    }
    return false
  }
}
