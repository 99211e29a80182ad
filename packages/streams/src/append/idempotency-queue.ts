import { ByteReader, ByteWriter } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { KEYSPACE_IDEMPOTENCY_EXPIRY, keyspaceRange } from '../shard/keys.ts'
import { FORGOTTEN_KEYS_PER_APPEND } from './append-limits.ts'

const ROW_VERSION = 1
const KEY_HASH_BYTES = 16
/** Oldest keys that are held in memory, so that an append need not wait for a read to forget some. */
const HEADS_MAX = 256

/** A key that was remembered, and until when. */
export interface RememberedKey {
  readonly number: number
  readonly hash: Uint8Array
  readonly expiresAt: number
}

/**
 * The keys of one shard in the order in which they expire, which is that of their commits. A row for each under a
 * growing number: the oldest are found by reading forward, and their number follows from the first and the last.
 */
export class IdempotencyQueue {
  readonly #store: Store
  readonly #database: string
  #heads: RememberedKey[] = []
  /** Rows before this number were read. */
  #readTo = 0
  #next = 0
  #reading: Promise<void> | undefined

  constructor(store: Store, database: string) {
    this.#store = store
    this.#database = database
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

  /** Remembers one key more. */
  add(hash: Uint8Array, expiresAt: number): Operation {
    const number = this.#next++
    if (this.#readTo === number && this.#heads.length < HEADS_MAX) {
      this.#heads.push({ number, hash, expiresAt })
      this.#readTo = this.#next
    }
    const value = new ByteWriter(32).u8(ROW_VERSION).bytes(hash).u48(expiresAt).finish()
    return { type: 'put', database: this.#database, key: keyOfNumber(number), value }
  }

  /** The oldest keys that are out of date or too many, and the deletes of their rows of the queue. */
  takeForgotten(
    now: number,
    countMax: number,
  ): { readonly keys: readonly RememberedKey[]; readonly operations: readonly Operation[] } {
    const keys: RememberedKey[] = []
    while (keys.length < FORGOTTEN_KEYS_PER_APPEND) {
      const [head] = this.#heads
      if (head === undefined || (head.expiresAt > now && this.count <= countMax)) break
      keys.push(head)
      this.#heads.shift()
    }
    if (this.#heads.length === 0 && this.count > 0) this.#readOn()
    const operations = keys.map(({ number }): Operation => ({
      type: 'delete',
      database: this.#database,
      key: keyOfNumber(number),
    }))
    return { keys, operations }
  }

  /** Settles when no read is under way. */
  async drain(): Promise<void> {
    await this.#reading
  }

  /** What cannot be read now is read at a later append: nothing depends on when keys are forgotten. */
  #readOn(): void {
    this.#reading ??= this.#readHeads().then(
      () => void (this.#reading = undefined),
      () => void (this.#reading = undefined),
    )
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
        this.#heads.push({ number, hash, expiresAt })
        this.#readTo = number + 1
      }
  }
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
