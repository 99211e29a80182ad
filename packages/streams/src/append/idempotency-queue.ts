import { ByteReader, ByteWriter, toHex } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { hashedKey, KEYSPACE_IDEMPOTENCY, KEYSPACE_IDEMPOTENCY_EXPIRY, keyspaceRange } from '../shard/keys.ts'
import { FORGOTTEN_KEYS_PER_APPEND } from './append-limits.ts'
import { decodeIdempotencyRow } from './idempotency-row.ts'
import type { PlanChanges } from './plan-changes.ts'

const ROW_VERSION = 1
const KEY_HASH_BYTES = 16
/** Oldest keys that are held in memory, so that an append need not wait for a read to forget some. */
const HEADS_MAX = 256

/** A key that was remembered, and until when. */
export interface RememberedKey {
  readonly number: number
  readonly hash: Uint8Array
  readonly expiresAt: number
  /** Whether the row of the key is this one's: one that came again after its time has a later one. Undefined: not known yet. */
  ownsRow: boolean | undefined
}

/**
 * The keys of one shard in the order in which they expire, which is that of their commits. A row for each under a
 * growing number: the oldest are found by reading forward, and their number follows from the first and the last.
 */
export class IdempotencyQueue {
  readonly #store: Store
  readonly #database: string
  readonly #isUnderWay: (hash: Uint8Array) => boolean
  #heads: RememberedKey[] = []
  /** Of the heads, by hash: the last of each. */
  readonly #headOf = new Map<string, RememberedKey>()
  /** Rows before this number were read. */
  #readTo = 0
  #next = 0
  #reading: Promise<void> | undefined

  /** @param isUnderWay whether an append with this key has begun that is neither visible nor refused */
  constructor(store: Store, database: string, isUnderWay: (hash: Uint8Array) => boolean = () => false) {
    this.#store = store
    this.#database = database
    this.#isUnderWay = isUnderWay
  }

  /** Before the first append. @throws STREAM_BLOCK_DAMAGED, DATABASE_OFFLINE */
  async load(): Promise<void> {
    const last = this.#store.scan(this.#database, keyspaceRange(KEYSPACE_IDEMPOTENCY_EXPIRY), {
      reverse: true,
      limit: 1,
      keysOnly: true,
    })
    for await (const rows of last) for (const { key } of rows) this.#next = numberOfKey(key) + 1
    await this.#readHeads()
  }

  /** Keys that are remembered. */
  get count(): number {
    return this.#next - (this.#heads[0]?.number ?? this.#readTo)
  }

  /** Remembers one key more, whose row the same commit writes. */
  add(hash: Uint8Array, expiresAt: number, changes?: PlanChanges): Operation {
    const before = this.#headOf.get(toHex(hash))
    if (before !== undefined) {
      const { ownsRow } = before
      changes?.note(() => (before.ownsRow = ownsRow))
      before.ownsRow = false
    }
    const number = this.#next++
    if (this.#readTo === number && this.#heads.length < HEADS_MAX)
      this.#push({ number, hash, expiresAt, ownsRow: true })
    const value = new ByteWriter(32).u8(ROW_VERSION).bytes(hash).u48(expiresAt).finish()
    return { type: 'put', database: this.#database, key: keyOfNumber(number), value }
  }

  /** The oldest keys that are out of date or too many, and the deletes of their rows. */
  takeForgotten(
    now: number,
    countMax: number,
  ): { readonly keys: readonly RememberedKey[]; readonly operations: readonly Operation[] } {
    const keys: RememberedKey[] = []
    const operations: Operation[] = []
    const remove = (key: Uint8Array): void =>
      void operations.push({ type: 'delete', database: this.#database, key })
    while (keys.length < FORGOTTEN_KEYS_PER_APPEND) {
      const [head] = this.#heads
      if (head === undefined || (head.expiresAt > now && this.count <= countMax)) break
      if (head.ownsRow === undefined) {
        this.#readOn()
        break
      }
      keys.push(head)
      remove(keyOfNumber(head.number))
      if (head.ownsRow) remove(idempotencyKey(head.hash))
      this.#heads.shift()
      const name = toHex(head.hash)
      if (this.#headOf.get(name) === head) this.#headOf.delete(name)
    }
    if (this.#heads.length === 0 && this.count > 0) this.#readOn()
    return { keys, operations }
  }

  /** Settles when no read is under way. */
  async drain(): Promise<void> {
    await this.#reading
  }

  /** What cannot be read now is read at a later append: nothing depends on when keys are forgotten. */
  #readOn(): void {
    this.#reading ??= this.#readAhead().then(
      () => void (this.#reading = undefined),
      () => void (this.#reading = undefined),
    )
  }

  async #readAhead(): Promise<void> {
    if (this.#heads.length === 0) await this.#readHeads()
    await this.#findOwners()
  }

  /**
   * Learns which of the heads own the rows of their keys. A key that is under way is left for the next time; one that comes again
   * while this reads marks its head itself.
   */
  async #findOwners(): Promise<void> {
    const heads = this.#heads.filter(({ ownsRow, hash }) => ownsRow === undefined && !this.#isUnderWay(hash))
    const rows = await this.#store.getMany(
      this.#database,
      heads.map(({ hash }) => idempotencyKey(hash)),
    )
    for (const [index, head] of heads.entries()) {
      const row = rows[index]
      head.ownsRow ??= row !== undefined && decodeIdempotencyRow(row).expiresAt === head.expiresAt
    }
  }

  #push(head: RememberedKey): void {
    this.#heads.push(head)
    this.#headOf.set(toHex(head.hash), head)
    this.#readTo = head.number + 1
  }

  async #readHeads(): Promise<void> {
    const range = { ...keyspaceRange(KEYSPACE_IDEMPOTENCY_EXPIRY), from: keyOfNumber(this.#readTo) }
    for await (const rows of this.#store.scan(this.#database, range, { limit: HEADS_MAX }))
      for (const { key, value } of rows) {
        const number = numberOfKey(key)
        if (number < this.#readTo) continue
        const from = new ByteReader(value, { code: 'STREAM_BLOCK_DAMAGED', what: 'an idempotency queue row' })
        const version = from.u8()
        if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
        const hash = new Uint8Array(from.bytes(KEY_HASH_BYTES))
        const expiresAt = from.u48()
        from.end()
        this.#push({ number, hash, expiresAt, ownsRow: undefined })
      }
  }
}

/** Of the row that remembers a key. */
export function idempotencyKey(hash: Uint8Array): Uint8Array {
  return hashedKey(KEYSPACE_IDEMPOTENCY, hash)
}

function keyOfNumber(number: number): Uint8Array {
  return new ByteWriter(16).u8(KEYSPACE_IDEMPOTENCY_EXPIRY).u64(number).finish()
}

function numberOfKey(key: Uint8Array): number {
  const from = new ByteReader(key.subarray(1), {
    code: 'STREAM_BLOCK_DAMAGED',
    what: 'an idempotency queue key',
  })
  const number = from.u64()
  from.end()
  return number
}
