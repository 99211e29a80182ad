import {
  equalBytes,
  eventLoopTurn,
  ForgeError,
  toHex,
  utf8Encode,
  type Clock,
  type Metrics,
} from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import { checkName } from '../entry/validate.ts'
import { isLater, whenThere, type Soon } from '../read/soon.ts'
import type { Shard } from '../shard/shard.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import type { AppendRequest, LandedAppend } from './append-request.ts'
import type { PlanChanges } from './plan-changes.ts'
import {
  FORGOTTEN_KEYS_PER_APPEND,
  IDEMPOTENCY_KEY_BYTES_MAX,
  IDEMPOTENCY_ROWS_MAX,
  IDEMPOTENCY_WINDOW_MS,
} from './append-limits.ts'
import { idempotencyKey, IdempotencyQueue } from './idempotency-queue.ts'
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

interface Remembered {
  readonly shard: Shard
  readonly hash: Uint8Array
  readonly digest: Uint8Array
}

/** Thrown inside a plan to give an append up that was made before. */
const REPEATED = Symbol('repeated')

/** Fixed fields of a row, of its place in the queue and of the deletes that come with them. */
const ROW_BYTES = 256 + FORGOTTEN_KEYS_PER_APPEND * 64
const PART_BYTES = 32

/**
 * Appends that are done once however often they are asked for. A key is remembered with the receipt in the commit of
 * its append, so both are there or neither; a call with the key of one under way waits for that one.
 */
export class IdempotentAppends {
  readonly #options: IdempotentAppendsOptions
  readonly #keysPerShardMax: number
  readonly #queues = new Map<Shard, IdempotencyQueue>()
  /** By hash of the key: settles, and never rejects, when the append is visible or has failed. */
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(options: IdempotentAppendsOptions) {
    this.#options = options
    const shards = options.topics.online()
    this.#keysPerShardMax = Math.ceil((options.keysMax ?? IDEMPOTENCY_ROWS_MAX) / Math.max(shards.length, 1))
    const isUnderWay = (hash: Uint8Array): boolean => this.#underWay.has(toHex(hash))
    for (const shard of shards)
      this.#queues.set(shard, new IdempotencyQueue(options.store, shard.database, isUnderWay))
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
    const shard = this.#options.topics.shardOf(name)
    const found = this.#find(shard, hash)
    if (!isLater(found) && this.#isInTime(found)) {
      // It commits nothing: a loop of it would never wait.
      await eventLoopTurn.giveWay()
      return this.#repeat(found, request, digest)
    }
    const remembered = { shard, hash, digest }
    const receipt = isLater(found)
      ? this.#onceFound(found, request, remembered)
      : this.#options.append(this.#remembering(request, remembered))
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

  /** The append takes its place among the others at once, and leaves it when it turns out to be a repeated one. */
  async #onceFound(
    found: Promise<IdempotencyRow | undefined>,
    request: AppendRequest,
    remembered: Remembered,
  ): Promise<Receipt> {
    let repeated: IdempotencyRow | undefined
    const check = (row: IdempotencyRow | undefined): void => {
      if (!this.#isInTime(row)) return
      repeated = row
      throw REPEATED
    }
    const askFirst = found.then((row) => () => check(row))
    // An append that is refused before its turn asks nothing.
    askFirst.catch(() => undefined)
    try {
      return await this.#options.append({ ...this.#remembering(request, remembered), askFirst })
    } catch (cause) {
      if (cause !== REPEATED || repeated === undefined) throw cause
      return this.#repeat(repeated, request, remembered.digest)
    }
  }

  #isInTime(row: IdempotencyRow | undefined): row is IdempotencyRow {
    return row !== undefined && row.expiresAt > this.#options.clock.now()
  }

  #remembering(request: AppendRequest, remembered: Remembered): AppendRequest {
    return {
      ...request,
      bytes: request.bytes + ROW_BYTES + PART_BYTES * countParts(request.rows),
      alongside: (landed, changes) => [
        ...(request.alongside?.(landed, changes) ?? []),
        ...this.#operations(landed, changes, remembered),
      ],
    }
  }

  /** Waits for reads of its own. */
  async close(): Promise<void> {
    for (const queue of this.#queues.values()) await queue.drain()
  }

  #repeat(row: IdempotencyRow, request: AppendRequest, digest: Uint8Array): Receipt {
    const { metrics, facility } = this.#options
    if (!equalBytes(row.digest, digest))
      throw new ForgeError('STREAM_IDEMPOTENCY_CONFLICT', 'the idempotency key was used for other content', {
        details: { field: 'idempotencyKey', sequence: row.sequence },
      })
    metrics.add(`${facility}_append_duplicates_total`, 1)
    return receiptOfRow(row, request.rows)
  }

  #operations(
    landed: LandedAppend,
    changes: PlanChanges,
    { shard, hash, digest }: Remembered,
  ): readonly Operation[] {
    const { time } = landed.place
    const expiresAt = time + IDEMPOTENCY_WINDOW_MS
    const queue = this.#queues.get(shard)!
    const forgotten = queue.takeForgotten(time, this.#keysPerShardMax - 1)
    const { database } = shard
    const value = encodeIdempotencyRow(landed, { digest, expiresAt })
    return [
      ...forgotten.operations,
      { type: 'put', database, key: idempotencyKey(hash), value },
      queue.add(hash, expiresAt, changes),
    ]
  }

  #find({ database }: Shard, hash: Uint8Array): Soon<IdempotencyRow | undefined> {
    const { store } = this.#options
    const key = idempotencyKey(hash)
    const reads = store.synchronousReads
    return whenThere(reads === undefined ? store.get(database, key) : reads.getSync(database, key), (value) =>
      value === undefined ? undefined : decodeIdempotencyRow(value),
    )
  }

  #hashOf(key: string): Uint8Array {
    const { store, actor } = this.#options
    return store.keyedHash({
      purpose: 'blind',
      label: 'idempotency',
      value: utf8Encode(`${actor.length}\0${actor}\0${key}`),
    })
  }
}

/** Stretches of entries of one topic, each of which is a part of the receipt. */
function countParts(rows: AppendRequest['rows']): number {
  let count = 0
  for (let row = 0; row < rows.length; row++) if (rows[row]!.topic !== rows[row - 1]?.topic) count++
  return count
}
