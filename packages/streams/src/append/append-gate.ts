import { ForgeError, type Metrics } from '@forgeone/common'
import {
  actingAs,
  atSeat,
  presentActor,
  presentSeat,
  type CommitContent,
  type CommitPlace,
  type JointSeat,
  type Operation,
  type Store,
} from '@forgeone/engine'
import { treeRoot } from '@forgeone/merkle'
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
import type { AppendRequest } from './append-request.ts'
import { buildBlocks, type BuiltBlock, type ShardRows } from './block-builder.ts'
import type { ClientIds, IdLook } from './client-ids.ts'
import { assertExpectedVersions } from './expected-version.ts'
import { PlanChanges } from './plan-changes.ts'
import { LazyReceipt, type Receipt, type ReceiptPart } from './receipt.ts'
import { compareRuns } from '../block/run-order.ts'

interface PendingAppend extends AppendRequest {
  /** Who appends; a commit has the appends of one. */
  readonly actor: string | undefined
  /** The transaction that it is a part of; its commit has nothing else. */
  readonly seat: JointSeat | undefined
  /** What was read for it before it is planned. */
  look: IdLook | undefined
  assertWanted: (() => void) | undefined
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (cause: unknown) => void
}

interface PlannedAppend {
  readonly pending: PendingAppend
  readonly parts: readonly ReceiptPart[]
  readonly versions: ReadonlyMap<string, number>
}

interface RefusedAppend {
  readonly pending: PendingAppend
  readonly cause: unknown
}

interface Plan {
  readonly at: CommitPlace
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
 * does not touch the others. Conditions are checked against the state after all commits in flight, and a refusal is
 * told once those are visible: who reads again then sees what stood against it.
 */
export class AppendGate {
  readonly #options: AppendGateOptions
  #pending: PendingAppend[] = []
  #pendingBytes = 0
  /** Appends that found no room, in the order they came; none may overtake them. */
  #waiting: PendingAppend[] = []
  #inFlight = 0
  /** Settles when the commit planned last is visible or has failed. */
  #lastFlush: Promise<void> = Promise.resolve()
  /** Settles when the batches before have been planned that wait for reads; undefined when none does. */
  #lookedUp: Promise<void> | undefined
  #scheduled = false
  /** A commit that was taken and not written leaves sequences unused: nothing more may be planned on top. */
  #failure: unknown
  #settled: (() => void)[] = []

  constructor(options: AppendGateOptions) {
    this.#options = options
  }

  async append(request: AppendRequest): Promise<Receipt> {
    if (request.rows.length > APPEND_ENTRIES_MAX) throw limit('entries', APPEND_ENTRIES_MAX)
    if (request.bytes > APPEND_BYTES_MAX) throw limit('bytes', APPEND_BYTES_MAX)
    return await new Promise((resolve, reject) => {
      const pending = {
        ...request,
        actor: presentActor(),
        seat: presentSeat(),
        look: undefined,
        assertWanted: undefined,
        resolve,
        reject,
      }
      if (this.#waiting.length === 0 && this.#hasRoom(pending)) this.#admit(pending)
      else if (this.#waiting.length < PENDING_APPENDS_MAX) this.#waiting.push(pending)
      else
        reject(new ForgeError('STREAM_BACKPRESSURE', `${PENDING_APPENDS_MAX} appends are waiting for room`))
    })
  }

  /** Settles when no append is waiting or being written. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0 || this.#inFlight > 0)
      await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  #hasRoom({ bytes }: AppendRequest): boolean {
    return this.#pendingBytes === 0 || this.#pendingBytes + bytes <= PENDING_APPEND_BYTES_MAX
  }

  #admit(pending: PendingAppend): void {
    this.#pending.push(pending)
    this.#pendingBytes += pending.bytes
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= COMMITS_IN_FLIGHT_MAX) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#lastFlush = this.#flush(this.#lastFlush)
    })
  }

  /** Never rejects. */
  async #flush(earlier: Promise<void>): Promise<void> {
    const batch = this.#takeBatch()
    if (batch.length === 0) return
    this.#inFlight++
    // Appends of another actor, or of a transaction, need a commit of their own, and need not wait for this one.
    if (this.#pending.length > 0) this.#schedule()
    let plan: Plan | undefined
    let isUndone = false
    const changes = new PlanChanges()
    const refused: RefusedAppend[] = []
    try {
      const lookedUp = this.#lookUp(batch)
      if (lookedUp !== undefined) {
        await lookedUp
        if (this.#lookedUp === lookedUp) this.#lookedUp = undefined
      }
      if (this.#failure !== undefined) throw this.#failure
      const estimatedBytes = batch.reduce((sum, pending) => sum + pending.bytes, 0)
      const build = (at: CommitPlace): CommitContent => {
        plan = this.#plan(batch, at, { refused, changes })
        return this.#content(plan, changes)
      }
      const onRefused = (): void => {
        changes.undo()
        isUndone = true
      }
      // This turn belongs to whoever scheduled it, who need not be the one whose appends these are.
      const { actor, seat } = batch[0]!
      const unpublished: { cause?: unknown } = {}
      // In the order of the commits, which is not that in which those who wait for them go on.
      const onVisible = (place: CommitPlace): void => {
        try {
          this.#publish(plan!, place)
        } catch (cause) {
          unpublished.cause = cause
        }
      }
      const options = { estimatedBytes, onRefused, onVisible, joins: true }
      await atSeat(seat, () => actingAs(actor, () => this.#options.store.commit(build, options)))
      if ('cause' in unpublished) throw unpublished.cause
    } catch (cause) {
      if (plan !== undefined && !isUndone) this.#failure ??= cause
      if (cause !== NOTHING_ACCEPTED) this.#reject(batch, plan, cause)
    } finally {
      for (const { look } of batch) if (look !== undefined) this.#options.clientIds.endLook(look)
      await earlier
      for (const { pending, cause } of refused) pending.reject(this.#failure ?? cause)
      this.#inFlight--
      if (this.#pending.length > 0) this.#schedule()
      for (const resolve of this.#settled.splice(0)) resolve()
    }
  }

  /** Reads what the plan must know; batches are planned in their order, also those that need nothing. */
  #lookUp(batch: readonly PendingAppend[]): Promise<void> | undefined {
    const reads = batch.flatMap((pending) => {
      pending.look = this.#options.clientIds.lookUp(pending.rows)
      const asked = pending.askFirst?.then(
        (assertWanted) => void (pending.assertWanted = assertWanted),
        (cause: unknown) =>
          void (pending.assertWanted = () => {
            throw cause
          }),
      )
      return [pending.look?.read, asked].filter((read) => read !== undefined)
    })
    const before = this.#lookedUp
    if (before === undefined && reads.length === 0) return undefined
    this.#lookedUp = Promise.all([before, ...reads]).then(() => undefined)
    return this.#lookedUp
  }

  #takeBatch(): readonly PendingAppend[] {
    let entries = 0
    let bytes = 0
    let count = 0
    const first = this.#pending[0]
    for (const pending of this.#pending) {
      if (pending.actor !== first!.actor || pending.seat !== first!.seat) break
      const fits =
        entries + pending.rows.length <= APPEND_ENTRIES_MAX && bytes + pending.bytes <= APPEND_BYTES_MAX
      if (count > 0 && !fits) break
      entries += pending.rows.length
      bytes += pending.bytes
      count++
    }
    const batch = this.#pending.splice(0, count)
    this.#pendingBytes -= bytes
    let admitted = 0
    while (admitted < this.#waiting.length && this.#hasRoom(this.#waiting[admitted]!))
      this.#admit(this.#waiting[admitted++]!)
    this.#waiting.splice(0, admitted)
    return batch
  }

  /** Decides, in one synchronous step, what of the batch is accepted and where it lands. */
  #plan(
    batch: readonly PendingAppend[],
    at: CommitPlace,
    { refused, changes }: { readonly refused: RefusedAppend[]; readonly changes: PlanChanges },
  ): Plan {
    const byShard = new Map<number, ShardRows>()
    const appends: PlannedAppend[] = []
    for (const pending of batch) {
      try {
        const placed = this.#place(pending, at.time, changes)
        appends.push(this.#assign(pending, placed, { byShard, changes }))
      } catch (cause) {
        refused.push({ pending, cause })
      }
    }
    if (appends.length === 0) throw NOTHING_ACCEPTED
    const blocks: BuiltBlock[] = []
    const bytesAtMost = batch.reduce((sum, pending) => sum + pending.bytes, 0)
    for (const rows of byShard.values()) {
      blocks.push(...buildBlocks(rows, { commitSequence: at.sequence, commitTime: at.time, bytesAtMost }))
      const { shard } = rows
      const { nextSequence } = shard
      changes.note(() => (shard.nextSequence = nextSequence))
      shard.nextSequence += rows.rows.length
    }
    const runs = blocks.flatMap((block) => block.runs)
    runs.sort(compareRuns)
    return { at, appends, blocks, root: treeRoot(runs.map((run) => run.hash)) }
  }

  /** Finds the topic of every row and checks the conditions; changes nothing that outlives a refusal. */
  #place(pending: PendingAppend, time: number, changes: PlanChanges): readonly PlacedTopic[] {
    const { topics, clientIds } = this.#options
    pending.assertWanted?.()
    assertExpectedVersions(
      pending.expectedVersion,
      pending.rows,
      (name) => topics.find(name)?.topic.nextVersion ?? 0,
    )
    clientIds.assertFree(pending.rows, pending.look)
    topics.assertUsable(pending.rows)
    let lastName: string | undefined
    let last: PlacedTopic | undefined
    return pending.rows.map(({ topic: name }) => {
      if (name !== lastName || last === undefined) {
        const isNew = topics.find(name) === undefined
        const placed = topics.findOrCreate(name, time)
        if (isNew) changes.note(() => topics.forget(placed))
        last = placed
        lastName = name
      }
      return last
    })
  }

  #assign(
    pending: PendingAppend,
    placed: readonly PlacedTopic[],
    { byShard, changes }: { readonly byShard: Map<number, ShardRows>; readonly changes: PlanChanges },
  ): PlannedAppend {
    const parts: ReceiptPart[] = []
    const versions = new Map<string, number>()
    const { rows } = pending
    // Entries mostly come in runs of one topic: what depends on the topic is looked up once a run.
    for (let start = 0; start < rows.length;) {
      const { shard, topic } = placed[start]!
      let target = byShard.get(shard.number)
      if (target === undefined) {
        target = { shard, rows: [], topicIds: [] }
        byShard.set(shard.number, target)
      }
      let end = start
      const sequence = shard.nextSequence + target.rows.length
      for (; end < rows.length && placed[end]!.topic === topic; end++) {
        target.rows.push(rows[end]!)
        target.topicIds.push(topic.id)
      }
      parts.push({ shard: shard.number, topicId: topic.id, sequence, count: end - start })
      const { nextVersion } = topic
      changes.note(() => (topic.nextVersion = nextVersion))
      topic.nextVersion += end - start
      versions.set(topic.name, topic.nextVersion)
      start = end
    }
    this.#options.clientIds.reserve(rows)
    changes.note(() => this.#options.clientIds.release(rows))
    return { pending, parts, versions }
  }

  #content(plan: Plan, changes: PlanChanges): CommitContent {
    const { facility, actor, topics, clientIds } = this.#options
    const operations: Operation[] = []
    const count = plan.appends.reduce((sum, append) => sum + append.pending.rows.length, 0)
    for (const block of plan.blocks) {
      for (const run of block.summary.runs) {
        const topic = block.shard.topics.get(run.topicId)!
        if (topic.isStored) continue
        changes.note(() => (topic.isStored = false))
        topic.isStored = true
        operations.push({
          type: 'put',
          database: block.shard.database,
          key: topicKey(topic.id),
          value: encodeTopicRow(topic.row),
        })
      }
      operations.push(...block.operations)
    }
    const { at: place, root } = plan
    for (const { pending, parts, versions } of plan.appends) {
      operations.push(...clientIds.operations(pending.rows, parts, topics))
      if (pending.alongside !== undefined)
        operations.push(...pending.alongside({ place, root, parts, versions }, changes))
    }
    const facts = {
      actor,
      action: `${facility}.append`,
      resourceClass: facility,
      entries: { count, root: plan.root },
    }
    return { facts, operations }
  }

  #publish(plan: Plan, place: CommitPlace): void {
    const { metrics, facility, clientIds } = this.#options
    for (const block of plan.blocks) {
      block.shard.publish(block.summary)
      metrics.add(`${facility}_append_raw_bytes_total`, block.summary.rawBytes)
      metrics.add(`${facility}_append_stored_bytes_total`, block.summary.storedBytes)
      metrics.add(`${facility}_append_entries_total`, block.summary.count)
    }
    this.#options.onPublished(plan.blocks)
    for (const { pending, parts, versions } of plan.appends) {
      clientIds.publish(pending.rows)
      pending.resolve(
        new LazyReceipt({ ...place, versions, root: plan.root, parts, rows: pending.rows, duplicate: false }),
      )
    }
  }

  #reject(batch: readonly PendingAppend[], plan: Plan | undefined, cause: unknown): void {
    const concerned = plan === undefined ? batch : plan.appends.map((append) => append.pending)
    for (const pending of concerned) pending.reject(cause)
  }
}

function limit(what: string, max: number): ForgeError {
  const details = { field: what, limit: max }
  return new ForgeError('STREAM_LIMIT', `one append takes at most ${max} ${what}`, { details })
}
