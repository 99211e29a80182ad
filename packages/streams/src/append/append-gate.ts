import { ForgeError, type Metrics } from '@forgeone/common'
import type { CommitContent, CommitPlace, Operation, Store } from '@forgeone/engine'
import { treeRoot } from '../block/run-proof.ts'
import type { EntryRow } from '../entry/validate.ts'
import { topicKey } from '../shard/keys.ts'
import { encodeTopicRow } from '../shard/topic-row.ts'
import type { PlacedTopic, TopicDirectory } from '../shard/topic-directory.ts'
import {
  APPEND_BYTES_MAX,
  APPEND_ENTRIES_MAX,
  COMMITS_IN_FLIGHT_MAX,
  PENDING_APPEND_BYTES_MAX,
  PENDING_APPENDS_MAX,
} from './append-limits.ts'
import { buildBlocks, type BuiltBlock, type ShardRows } from './block-builder.ts'
import type { ClientIds } from './client-ids.ts'
import { assertExpectedVersions, type ExpectedVersion } from './expected-version.ts'
import { LazyReceipt, type Receipt, type ReceiptPart } from './receipt.ts'

/** One call of `append`: its entries become durable together or not at all. */
export interface AppendRequest {
  readonly rows: readonly EntryRow[]
  readonly bytes: number
  readonly expectedVersion?: ExpectedVersion | undefined
  /** Rows of the stream's own bookkeeping that belong to the same commit, such as an import's progress. */
  readonly alongside?: (() => readonly Operation[]) | undefined
}

interface PendingAppend extends AppendRequest {
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (cause: unknown) => void
}

interface PlannedAppend {
  readonly pending: PendingAppend
  readonly parts: readonly ReceiptPart[]
  readonly versions: ReadonlyMap<string, number>
}

interface Plan {
  readonly appends: readonly PlannedAppend[]
  readonly blocks: readonly BuiltBlock[]
  readonly root: Uint8Array
}

/** Thrown inside a build to give the commit up when no append of it was accepted. */
const NOTHING_ACCEPTED = Symbol('nothing accepted')

export interface AppendGateOptions {
  readonly store: Store
  readonly topics: TopicDirectory
  readonly clientIds: ClientIds
  /** `logs` or `events`. */
  readonly facility: string
  readonly actor: string
  readonly metrics: Metrics
  readonly onPublished: (blocks: readonly BuiltBlock[]) => void
}

/**
 * Turns appends into commits. All appends that wait at one turn share a commit and a block per shard; a refused one
 * does not touch the others. Conditions are checked against the state after all commits in flight.
 */
export class AppendGate {
  readonly #o: AppendGateOptions
  #pending: PendingAppend[] = []
  #pendingBytes = 0
  #inFlight = 0
  #scheduled = false
  #room: (() => void)[] = []
  /** A commit that was planned but not written leaves sequences unused: nothing more may be planned on top. */
  #failure: unknown
  #settled: (() => void)[] = []

  constructor(options: AppendGateOptions) {
    this.#o = options
  }

  async append(request: AppendRequest): Promise<Receipt> {
    if (request.rows.length > APPEND_ENTRIES_MAX) throw limit('entries', APPEND_ENTRIES_MAX)
    if (request.bytes > APPEND_BYTES_MAX) throw limit('bytes', APPEND_BYTES_MAX)
    if (this.#pendingBytes + request.bytes > PENDING_APPEND_BYTES_MAX) await this.#waitForRoom()
    return await new Promise((resolve, reject) => {
      this.#pending.push({ ...request, resolve, reject })
      this.#pendingBytes += request.bytes
      this.#schedule()
    })
  }

  /** Settles when no append is waiting or being written. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0 || this.#inFlight > 0) await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  async #waitForRoom(): Promise<void> {
    if (this.#room.length >= PENDING_APPENDS_MAX) {
      throw new ForgeError('STREAM_BACKPRESSURE', `${PENDING_APPENDS_MAX} appends are waiting for room`)
    }
    await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= COMMITS_IN_FLIGHT_MAX) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const batch = this.#takeBatch()
    if (batch.length === 0) return
    this.#inFlight++
    let plan: Plan | undefined
    try {
      if (this.#failure !== undefined) throw this.#failure
      const estimatedBytes = batch.reduce((sum, pending) => sum + pending.bytes, 0)
      const place = await this.#o.store.commit(
        (at: CommitPlace): CommitContent => {
          plan = this.#plan(batch, at)
          return this.#content(plan)
        },
        { estimatedBytes },
      )
      this.#publish(plan!, place)
    } catch (cause) {
      if (cause !== NOTHING_ACCEPTED) this.#reject(batch, plan, cause)
    } finally {
      this.#inFlight--
      if (this.#pending.length > 0) this.#schedule()
      for (const resolve of this.#settled.splice(0)) resolve()
    }
  }

  #takeBatch(): readonly PendingAppend[] {
    let entries = 0
    let bytes = 0
    let count = 0
    for (const pending of this.#pending) {
      const fits = entries + pending.rows.length <= APPEND_ENTRIES_MAX && bytes + pending.bytes <= APPEND_BYTES_MAX
      if (count > 0 && !fits) break
      entries += pending.rows.length
      bytes += pending.bytes
      count++
    }
    const batch = this.#pending.splice(0, count)
    this.#pendingBytes -= bytes
    if (this.#pendingBytes < PENDING_APPEND_BYTES_MAX) for (const resolve of this.#room.splice(0)) resolve()
    return batch
  }

  /** Decides, in one synchronous step, what of the batch is accepted and where it lands. */
  #plan(batch: readonly PendingAppend[], at: CommitPlace): Plan {
    const byShard = new Map<number, ShardRows>()
    const appends: PlannedAppend[] = []
    for (const pending of batch) {
      try {
        const placed = this.#place(pending, at.time)
        appends.push(this.#assign(pending, placed, byShard))
      } catch (cause) {
        pending.reject(cause)
      }
    }
    if (appends.length === 0) throw NOTHING_ACCEPTED
    const blocks: BuiltBlock[] = []
    for (const rows of byShard.values()) {
      blocks.push(...buildBlocks(rows, { commitSequence: at.sequence, commitTime: at.time }))
      rows.shard.nextSequence += rows.rows.length
    }
    const runs = blocks.flatMap((block) => block.runs)
    runs.sort((left, right) => (left.database < right.database ? -1 : left.database > right.database ? 1 : left.topicId - right.topicId))
    return { appends, blocks, root: treeRoot(runs.map((run) => run.hash)) }
  }

  /** Finds the topic of every row and checks the conditions; changes nothing that outlives a refusal. */
  #place(pending: PendingAppend, time: number): readonly PlacedTopic[] {
    const { topics, clientIds } = this.#o
    assertExpectedVersions(pending.expectedVersion, pending.rows, (name) => topics.find(name)?.topic.nextVersion ?? 0)
    clientIds.assertFree(pending.rows)
    let lastName: string | undefined
    let last: PlacedTopic | undefined
    return pending.rows.map(({ topic: name }) => {
      if (name !== lastName || last === undefined) {
        last = topics.findOrCreate(name, time)
        lastName = name
      }
      return last
    })
  }

  #assign(pending: PendingAppend, placed: readonly PlacedTopic[], byShard: Map<number, ShardRows>): PlannedAppend {
    const parts: ReceiptPart[] = []
    const versions = new Map<string, number>()
    for (const [index, row] of pending.rows.entries()) {
      const { shard, topic } = placed[index]!
      let rows = byShard.get(shard.number)
      if (rows === undefined) {
        rows = { shard, rows: [], topicIds: [] }
        byShard.set(shard.number, rows)
      }
      parts.push({ shard: shard.number, topicId: topic.id, clientId: row.id, sequence: shard.nextSequence + rows.rows.length })
      rows.rows.push(row)
      rows.topicIds.push(topic.id)
      topic.nextVersion++
      versions.set(topic.name, topic.nextVersion)
    }
    this.#o.clientIds.reserve(pending.rows)
    return { pending, parts, versions }
  }

  #content(plan: Plan): CommitContent {
    const { facility, actor, topics, clientIds } = this.#o
    const operations: Operation[] = []
    const count = plan.appends.reduce((sum, append) => sum + append.parts.length, 0)
    for (const block of plan.blocks) {
      for (const run of block.summary.runs) {
        const topic = block.shard.topics.get(run.topicId)!
        if (topic.isStored) continue
        topic.isStored = true
        const { name, createdAt } = topic
        operations.push({ type: 'put', database: block.shard.database, key: topicKey(topic.id), value: encodeTopicRow({ name, createdAt }) })
      }
      operations.push(...block.operations)
    }
    for (const { pending, parts } of plan.appends) {
      operations.push(...clientIds.operations(pending.rows, parts, topics))
      if (pending.alongside !== undefined) operations.push(...pending.alongside())
    }
    const facts = { actor, action: `${facility}.append`, resourceClass: facility, entries: { count, root: plan.root } }
    return { facts, operations }
  }

  #publish(plan: Plan, place: CommitPlace): void {
    const { metrics, facility, clientIds } = this.#o
    for (const block of plan.blocks) {
      block.shard.publish(block.summary)
      metrics.add(`${facility}_append_raw_bytes_total`, block.summary.rawBytes)
      metrics.add(`${facility}_append_stored_bytes_total`, block.summary.storedBytes)
      metrics.add(`${facility}_append_entries_total`, block.summary.count)
    }
    this.#o.onPublished(plan.blocks)
    for (const { pending, parts, versions } of plan.appends) {
      clientIds.release(pending.rows)
      pending.resolve(new LazyReceipt({ sequence: place.sequence, time: place.time, versions, root: plan.root, parts }))
    }
  }

  #reject(batch: readonly PendingAppend[], plan: Plan | undefined, cause: unknown): void {
    if (plan !== undefined) this.#failure ??= cause
    const concerned = plan === undefined ? batch : plan.appends.map((append) => append.pending)
    for (const pending of concerned) pending.reject(cause)
  }
}

function limit(what: string, max: number): ForgeError {
  const details = { field: what, limit: max }
  return new ForgeError('STREAM_LIMIT', `one append takes at most ${max} ${what}`, { details })
}
