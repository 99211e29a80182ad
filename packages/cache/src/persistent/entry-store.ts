import type { CacheDatabase, CacheRange, CacheRow, CacheWrite } from './cache-database.ts'
import {
  FIRST_EPOCH,
  epochRange,
  expiryKey,
  expiryParts,
  KEY_KIND,
  recencyKey,
  recencyParts,
} from './cache-keys.ts'
import { decodeUse, encodeUse, USE_BYTES } from './entry-use.ts'
import { expiresAtOf, TIME_MAX } from './entry-value.ts'
import { Recency } from './recency.ts'
import { StateRows } from './state-rows.ts'
import { WriteQueue } from './write-queue.ts'
import { nameOf, u32, viewOf } from '../table/fixed-bytes.ts'

/** Entries changed in one batch; between batches others get their turn. */
const CHUNK = 500
/** What the keys of the two index rows take besides the entry's own key, and their values. */
const ROWS_BYTES = 11 + 9 + USE_BYTES + 4
/** Above the bound, entries go until this share of it is reached: not for every put anew. */
const EVICT_TO = 0.9
const NO_BYTES = new Uint8Array(0)

/** What a sweep or an invalidation did. */
export interface RemovalReport {
  readonly scanned: number
  readonly removed: number
  readonly bytes: number
}

/**
 * Entries with their two index rows, and the sum of their bytes. An entry, its rows and nothing else change in one
 * batch, so that a kill leaves them consistent; the sum lives in memory and is written at a clean close.
 */
export class EntryStore {
  readonly #database: CacheDatabase
  readonly #state: StateRows
  readonly #recency: Recency
  readonly #queue = new WriteQueue()
  readonly #maxBytes: number
  readonly #onEvict: (count: number) => void
  #totalBytes = 0

  constructor(o: {
    readonly database: CacheDatabase
    readonly state: StateRows
    readonly recency: Recency
    readonly maxBytes: number
    readonly onEvict: (count: number) => void
  }) {
    this.#database = o.database
    this.#state = o.state
    this.#recency = o.recency
    this.#maxBytes = o.maxBytes
    this.#onEvict = o.onEvict
  }

  /** Bytes of entries and their rows, keys included. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  /** Takes the sum of a clean close, or adds it up anew. @returns whether the last close was clean */
  async open(): Promise<boolean> {
    const closed = this.#state.get('closedTotal')
    if (closed !== undefined) {
      this.#totalBytes = closed
      // From here on only a clean close makes the sum valid again.
      await this.#database.batch(this.#state.delete('closedTotal'))
      return true
    }
    await this.recount()
    return false
  }

  /** Drops whole epochs below `epoch`, but not the one of the sessions. */
  async dropEpochsBelow(epoch: number): Promise<void> {
    await this.#queue.run(async () => {
      for (const kind of [KEY_KIND.entry, KEY_KIND.expiry, KEY_KIND.recency, KEY_KIND.vault]) {
        const range = epochRange(kind, { from: FIRST_EPOCH, to: epoch })
        await this.#database.clear(range)
        await this.#database.compact?.(range)
      }
      this.#recency.clear()
      await this.recount()
    })
  }

  /** Adds up what the recency rows say. */
  async recount(): Promise<void> {
    let total = 0
    for await (const { value } of this.#database.iterate(
      epochRange(KEY_KIND.recency, { from: 0, to: 2 ** 32 }),
    ))
      total += storedBytes(value)
    this.#totalBytes = total
  }

  /** Stores entries in one batch, in the place of older ones. */
  async put(entries: readonly CacheRow[], { now }: { readonly now: number }): Promise<void> {
    await this.#queue.run(async () => {
      const removal = await this.#removalOf(entries.map(({ key }) => ({ key })))
      const bucket = this.#recency.bucketAt(now)
      let bytes = 0
      const writes = entries.flatMap(({ key, value }): CacheWrite[] => {
        const stored = 3 * key.length + value.length + ROWS_BYTES
        bytes += stored
        return [
          { type: 'put', key, value },
          {
            type: 'put',
            key: expiryKey(key, expiresAtOf(value) ?? TIME_MAX),
            value: encodeUse({ row: bucket, last: bucket }),
          },
          { type: 'put', key: recencyKey(key, bucket), value: u32(stored) },
        ]
      })
      // Old rows first: where they are the same keys, the later put counts.
      await this.#database.batch([...removal.writes, ...writes])
      this.#totalBytes += bytes - removal.bytes
      for (const { key } of entries) {
        this.#recency.onRemoved(key)
        this.#recency.onWritten(nameOf(key), bucket)
      }
    })
    if (this.#totalBytes > this.#maxBytes) await this.#evict()
  }

  /** Removes entries with their rows. */
  async remove(keys: readonly Uint8Array[]): Promise<RemovalReport> {
    let removed = 0
    let bytes = 0
    for (let from = 0; from < keys.length; from += CHUNK) {
      const chunk = keys.slice(from, from + CHUNK).map((key) => ({ key }))
      // One chunk at a time: others may write between two of them.
      const report = await this.#queue.run(async () => await this.#removeNow(chunk))
      removed += report.removed
      bytes += report.bytes
    }
    return { scanned: keys.length, removed, bytes }
  }

  /** Removes all entries of a range of entry keys. */
  async removeRange(range: CacheRange): Promise<RemovalReport> {
    let report: RemovalReport = { scanned: 0, removed: 0, bytes: 0 }
    for (let { gte } = range; ;) {
      const keys: Uint8Array[] = []
      for await (const { key } of this.#database.iterate({ ...range, gte, limit: CHUNK })) keys.push(key)
      const last = keys.at(-1)
      if (last === undefined) return report
      // Behind what was removed: a row that cannot be removed must not be met for ever.
      gte = behind(last)
      report = sum(report, await this.remove(keys))
    }
  }

  /** Removes what expired before `before`, by the expiry rows alone. */
  async removeExpired(before: number, epochs: readonly number[]): Promise<RemovalReport> {
    let report: RemovalReport = { scanned: 0, removed: 0, bytes: 0 }
    for (const epoch of epochs) {
      let { gte } = epochRange(KEY_KIND.expiry, { from: epoch, to: epoch + 1 })
      const lt = expiryBound(gte, before)
      for (;;) {
        const keys: Uint8Array[] = []
        for await (const row of this.#database.iterate({ gte, lt, limit: CHUNK })) keys.push(row.key)
        const last = keys.at(-1)
        if (last === undefined) break
        gte = behind(last)
        report = sum(report, await this.#removeExpiryRows(keys))
      }
    }
    return report
  }

  /**
   * Writes the uses that changed a bucket: one value of four bytes more for each. The recency row stays where it is;
   * eviction moves it when it meets it.
   */
  async flushRecency(): Promise<void> {
    await this.#queue.run(async () => {
      const touches = this.#recency.take()
      const keys = touches.map(({ entry, expiresAt }) => expiryKey(entry, expiresAt))
      const rows = await this.#database.getMany(keys)
      const writes = touches.flatMap(({ name, bucket }, index): CacheWrite[] => {
        const use = decodeUse(rows[index])
        // An entry that is gone has no row; it must not get one back.
        if (use === undefined) return []
        this.#recency.onWritten(name, bucket)
        if (use.last >= bucket) return []
        return [{ type: 'put', key: keys[index]!, value: encodeUse({ row: use.row, last: bucket }) }]
      })
      if (writes.length > 0) await this.#database.batch(writes)
    })
  }

  /** Other writes in the order of all writes. */
  async write(writes: readonly CacheWrite[]): Promise<void> {
    await this.#queue.run(async () => await this.#database.batch(writes))
  }

  /** Waits for the writes and leaves the mark of a clean close. */
  async close(): Promise<void> {
    await this.flushRecency()
    await this.#queue.run(async () => {
      await this.#database.batch(this.#state.set('closedTotal', Math.max(0, this.#totalBytes)))
    })
  }

  /** Evicts what was used least recently. */
  async #evict(): Promise<void> {
    const all = epochRange(KEY_KIND.recency, { from: 1, to: 2 ** 32 })
    await this.flushRecency()
    while (this.#totalBytes > EVICT_TO * this.#maxBytes) {
      const count = await this.#queue.run(async () => await this.#evictChunk(all))
      if (count === 0) return
    }
  }

  /** @returns how many recency rows were looked at */
  async #evictChunk(all: CacheRange): Promise<number> {
    const rows: CacheRow[] = []
    let bytes = 0
    for await (const row of this.#database.iterate({ ...all, limit: CHUNK })) {
      rows.push(row)
      bytes += storedBytes(row.value)
      if (this.#totalBytes - bytes <= EVICT_TO * this.#maxBytes) break
    }
    const moved = await this.#moveUsed(rows)
    const oldest = rows.filter(({ key }) => !moved.has(key))
    const report = await this.#removeNow(oldest.map(({ key }) => ({ key: recencyParts(key).entry })))
    // A row whose entry is damaged or gone must not be met for ever, nor count for ever.
    await this.#database.batch(oldest.map(({ key }) => ({ type: 'del', key })))
    this.#totalBytes -= oldest.reduce((sum, { value }) => sum + storedBytes(value), 0) - report.bytes
    this.#onEvict(report.removed)
    return rows.length
  }

  /** Moves the recency rows of entries that were used after those rows were written. @returns the keys of those rows */
  async #moveUsed(rows: readonly CacheRow[]): Promise<ReadonlySet<Uint8Array>> {
    const parts = rows.map(({ key }) => recencyParts(key))
    const values = await this.#database.getMany(parts.map(({ entry }) => entry))
    const expiries = parts.map(({ entry }, index) =>
      expiryKey(entry, expiresAtOf(values[index] ?? NO_BYTES) ?? TIME_MAX),
    )
    const uses = (await this.#database.getMany(expiries)).map(decodeUse)
    const moved = new Set<Uint8Array>()
    const writes = rows.flatMap(({ key, value }, index): CacheWrite[] => {
      const use = uses[index]
      const { entry, bucket } = parts[index]!
      if (use === undefined || use.row !== bucket || use.last <= bucket) return []
      moved.add(key)
      return [
        { type: 'del', key },
        { type: 'put', key: recencyKey(entry, use.last), value },
        { type: 'put', key: expiries[index]!, value: encodeUse({ row: use.last, last: use.last }) },
      ]
    })
    if (writes.length > 0) await this.#database.batch(writes)
    return moved
  }

  async #removeExpiryRows(rows: readonly Uint8Array[]): Promise<RemovalReport> {
    return await this.#queue.run(async () => {
      const report = await this.#removeNow(
        rows.map((key) => {
          const { entry, expiresAt } = expiryParts(key)
          return { key: entry, expiresAt }
        }),
      )
      return { ...report, scanned: rows.length }
    })
  }

  async #removeNow(targets: readonly Target[]): Promise<RemovalReport> {
    const { writes, bytes, removed } = await this.#removalOf(targets)
    await this.#database.batch(writes)
    for (const { key } of targets) this.#recency.onRemoved(key)
    this.#totalBytes -= bytes
    return { scanned: targets.length, removed, bytes }
  }

  /** The writes that remove entries and their rows, found by when the entries end. */
  async #removalOf(targets: readonly Target[]): Promise<{
    readonly writes: readonly CacheWrite[]
    readonly bytes: number
    readonly removed: number
  }> {
    const values = await this.#database.getMany(targets.map(({ key }) => key))
    let removed = 0
    const found = targets.flatMap(({ key, expiresAt }, index): FoundRows[] => {
      const value = values[index]
      const stored = value === undefined ? undefined : expiresAtOf(value)
      // Put again meanwhile: only the old expiry row goes.
      if (expiresAt !== undefined && stored !== undefined && stored !== expiresAt)
        return [{ key: undefined, expiry: expiryKey(key, expiresAt), entry: key }]
      if (value !== undefined) removed++
      const end = stored ?? expiresAt
      return end === undefined && value === undefined
        ? []
        : [{ key, expiry: expiryKey(key, end ?? TIME_MAX), entry: key }]
    })
    const uses = await this.#database.getMany(found.map(({ expiry }) => expiry))
    const recencies = found.map(({ entry }, index) => recencyKey(entry, decodeUse(uses[index])?.row ?? 0))
    const sizes = await this.#database.getMany(recencies)
    let bytes = 0
    const writes = found.flatMap(({ key, expiry }, index): CacheWrite[] => {
      if (key === undefined) return [{ type: 'del', key: expiry }]
      bytes += storedBytes(sizes[index] ?? NO_BYTES)
      return [key, expiry, recencies[index]!].map((one) => ({ type: 'del', key: one }))
    })
    return { writes, bytes, removed }
  }
}

/** Rows to remove; without `key` the entry itself stays. */
interface FoundRows {
  readonly key: Uint8Array | undefined
  readonly expiry: Uint8Array
  readonly entry: Uint8Array
}

/** An entry to remove; `expiresAt` when it is known from elsewhere than the entry itself. */
interface Target {
  readonly key: Uint8Array
  readonly expiresAt?: number | undefined
}

/** The least key above `key`. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

function storedBytes(row: Uint8Array): number {
  return row.length === 4 ? viewOf(row).getUint32(0) : 0
}

/** The least expiry key of the epoch that is not before `before`. */
function expiryBound(epochStart: Uint8Array, before: number): Uint8Array {
  return expiryKeyPrefix(epochStart, Math.max(0, Math.min(before, TIME_MAX)))
}

function expiryKeyPrefix(epochStart: Uint8Array, time: number): Uint8Array {
  const key = new Uint8Array(11)
  key.set(epochStart)
  const view = viewOf(key)
  view.setUint16(5, Math.floor(time / 2 ** 32))
  view.setUint32(7, time % 2 ** 32)
  return key
}

function sum(left: RemovalReport, right: RemovalReport): RemovalReport {
  return {
    scanned: left.scanned + right.scanned,
    removed: left.removed + right.removed,
    bytes: left.bytes + right.bytes,
  }
}
