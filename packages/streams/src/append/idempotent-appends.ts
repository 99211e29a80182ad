import { equalBytes, ForgeError, toHex, utf8Encode, type Clock, type Metrics } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { checkName } from '../entry/validate.ts'
import { hashedKey, KEYSPACE_IDEMPOTENCY } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import type { AppendRequest, LandedAppend } from './append-gate.ts'
import {
  FORGOTTEN_KEYS_PER_APPEND,
  IDEMPOTENCY_KEY_BYTES_MAX,
  IDEMPOTENCY_ROWS_MAX,
  IDEMPOTENCY_WINDOW_MS,
} from './append-limits.ts'
import { IdempotencyQueue } from './idempotency-queue.ts'
import {
  decodeIdempotencyRow,
  encodeIdempotencyRow,
  receiptOfRow,
  type IdempotencyRow,
} from './idempotency-row.ts'
import type { Receipt } from './receipt.ts'

/** What tells a repeated append from a new one. */
export interface Idempotency {
  readonly key: string
  /** Of the content, as the caller gave it. */
  readonly digest: Uint8Array
}

export interface IdempotentAppendsOptions {
  readonly store: Store
  readonly topics: TopicDirectory
  readonly facility: string
  readonly actor: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly append: (request: AppendRequest) => Promise<Receipt>
  /** Keys of the stream that are remembered at most; `IDEMPOTENCY_ROWS_MAX` when absent. */
  readonly keysMax?: number | undefined
}

/** Fixed fields of a row, of its place in the queue and of the deletes that come with them. */
const ROW_BYTES = 256 + FORGOTTEN_KEYS_PER_APPEND * 64
const PART_BYTES = 32

/**
 * Appends that are done once however often they are asked for. A key is remembered with the receipt in the commit of
 * its append, so both are there or neither; a call with the key of one under way waits for that one.
 */
export class IdempotentAppends {
  readonly #o: IdempotentAppendsOptions
  readonly #keysPerShardMax: number
  readonly #queues = new Map<Shard, IdempotencyQueue>()
  /** By hash of the key: settles, and never rejects, when the append is visible or has failed. */
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(options: IdempotentAppendsOptions) {
    this.#o = options
    const shards = options.topics.online()
    this.#keysPerShardMax = Math.ceil((options.keysMax ?? IDEMPOTENCY_ROWS_MAX) / Math.max(shards.length, 1))
    for (const shard of shards) this.#queues.set(shard, new IdempotencyQueue(options.store, shard.database))
  }

  /** Before the first append. @throws STREAM_BLOCK_DAMAGED */
  async load(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.load()))
  }

  /** Keys that are remembered. */
  get count(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.count, 0)
  }

  /** @throws STREAM_IDEMPOTENCY_CONFLICT, STREAM_VALUE_INVALID, STREAM_LIMIT, and what the append throws */
  async append(request: AppendRequest, { key, digest }: Idempotency): Promise<Receipt> {
    checkName(key, 'idempotencyKey', IDEMPOTENCY_KEY_BYTES_MAX)
    const hash = this.#hashOf(key)
    const name = toHex(hash)
    for (let first = this.#underWay.get(name); first !== undefined; first = this.#underWay.get(name))
      await first
    const shard = this.#o.topics.shardOf(name)
    const row = this.#find(shard, hash)
    if (row !== undefined && row.expiresAt > this.#o.clock.now()) return this.#repeat(row, request, digest)
    const receipt = this.#o.append({
      ...request,
      bytes: request.bytes + ROW_BYTES + PART_BYTES * countParts(request.rows),
      alongside: (landed, changes) => [
        ...(request.alongside?.(landed, changes) ?? []),
        ...this.#operations(landed, { shard, hash, digest }),
      ],
    })
    const settled = receipt.then(
      () => undefined,
      () => undefined,
    )
    this.#underWay.set(name, settled)
    try {
      return await receipt
    } finally {
      this.#underWay.delete(name)
    }
  }

  /** Waits for reads of its own. */
  async close(): Promise<void> {
    for (const queue of this.#queues.values()) await queue.drain()
  }

  #repeat(row: IdempotencyRow, request: AppendRequest, digest: Uint8Array): Receipt {
    const { metrics, facility } = this.#o
    if (!equalBytes(row.digest, digest))
      throw new ForgeError('STREAM_IDEMPOTENCY_CONFLICT', 'the idempotency key was used for other content', {
        details: { field: 'idempotencyKey', sequence: row.sequence },
      })
    metrics.add(`${facility}_append_duplicates_total`, 1)
    return receiptOfRow(row, request.rows)
  }

  #operations(
    landed: LandedAppend,
    { shard, hash, digest }: { shard: Shard; hash: Uint8Array; digest: Uint8Array },
  ): readonly Operation[] {
    const { time } = landed.place
    const expiresAt = time + IDEMPOTENCY_WINDOW_MS
    const queue = this.#queues.get(shard)!
    const forgotten = queue.takeForgotten(time, this.#keysPerShardMax - 1)
    const { database } = shard
    const rows = forgotten.keys
      // A key that came again after its time has a row of its own, which may still be on its way.
      .filter((one) => !this.#underWay.has(toHex(one.hash)))
      .filter((one) => this.#find(shard, one.hash)?.expiresAt === one.expiresAt)
      .map((one): Operation => ({ type: 'delete', database, key: keyOf(one.hash) }))
    return [
      ...forgotten.operations,
      ...rows,
      { type: 'put', database, key: keyOf(hash), value: encodeIdempotencyRow(landed, { digest, expiresAt }) },
      queue.add(hash, expiresAt),
    ]
  }

  #find(shard: Shard, hash: Uint8Array): IdempotencyRow | undefined {
    const value = this.#o.store.getSync(shard.database, keyOf(hash))
    return value === undefined ? undefined : decodeIdempotencyRow(value)
  }

  #hashOf(key: string): Uint8Array {
    const { store, actor } = this.#o
    return store.keyedHash({
      purpose: 'blind',
      label: 'idempotency',
      value: utf8Encode(`${actor.length}\0${actor}\0${key}`),
    })
  }
}

function keyOf(hash: Uint8Array): Uint8Array {
  return hashedKey(KEYSPACE_IDEMPOTENCY, hash)
}

/** Stretches of entries of one topic, each of which is a part of the receipt. */
function countParts(rows: AppendRequest['rows']): number {
  let count = 0
  for (let row = 0; row < rows.length; row++) if (rows[row]!.topic !== rows[row - 1]?.topic) count++
  return count
}
