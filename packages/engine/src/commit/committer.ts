import {
  ByteWriter,
  ForgeError,
  Turn,
  Turns,
  type AuditFacts,
  type Clock,
  type Metrics,
  type Random,
  type SealedOperation,
} from '@forgeone/common'
import type { Database } from '../database/database.ts'
import { writeCommitRecord } from '../format/commit-record.ts'
import { withOutcome, type Health } from '../health/health.ts'
import { storeClosed } from '../health/store-closed.ts'
import type { SpaceGuard } from '../health/space-guard.ts'
import type { JournalPosition, JournalWriter } from '../journal/journal-writer.ts'
import { WriteWatch } from '../rotation/write-watch.ts'
import type { CommitContent, CommitPlace, Durability, Operation } from '../store/store.ts'
import { presentActor, withActor } from './acting-as.ts'
import type { Applier } from './applier.ts'
import { CommitQueue, type AcceptedCommit, type QueuedCommit } from './commit-queue.ts'
import { checkCommit, checkOperations } from './check-commit.ts'
import { commitTime } from './commit-time.ts'
import {
  abandoned,
  presentSeat,
  rejectAll,
  type JointPart,
  type JointWriter,
  type SubmitOptions,
} from './joint-commit.ts'
import {
  COMMIT_BYTES_MAX,
  GROUP_BYTES_MAX,
  QUEUE_BYTES_MAX,
  QUEUE_WAITERS_MAX,
  RELAXED_SYNC_MS,
  UNAPPLIED_BYTES_MAX,
} from './commit-limits.ts'

export type CommitBuilder = (place: CommitPlace) => CommitContent

export interface CommitterOptions {
  readonly databases: ReadonlyMap<string, Database>
  /** The observer's database: no commit may write there. */
  readonly observedInto: string | undefined
  /** Why a known database cannot be written now; undefined for one that can. */
  readonly refusal: (database: string) => ForgeError | undefined
  readonly journal: JournalWriter
  readonly applier: Applier
  readonly health: Health
  readonly space: SpaceGuard
  readonly durability: Durability
  readonly lastTime: number
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  /** Throws to refuse a commit. */
  readonly checkFacts: ((facts: AuditFacts) => void) | undefined
  /** Checked before every frame: throws STORE_FENCED when another process took over. */
  readonly assertOwned: () => void
  /** Told about every durable frame. */
  readonly onFrame: (bytes: number) => void
}

/**
 * Group commit: one frame and one fsync for all commits that wait. While a frame is being written the next group
 * gathers, and the one before is applied to the databases.
 */
export class Committer implements JointWriter {
  readonly #o: CommitterOptions
  readonly #firstSequence: number
  #nextSequence: number
  #writtenSequence: number
  #lastTime: number
  readonly #queue = new CommitQueue()
  /** Each is one commit, or the parts of one joint commit. */
  #waiting: (readonly JointPart[])[] = []
  #running: Promise<void> | undefined
  /** One at a time: what they do to the journal has one caller. */
  readonly #exclusive = new Turns()
  #closed = false
  /** Frames that are written at once, without a wait, let nothing else through. */
  readonly #turn = new Turn()
  /** While an exclusive action runs no frame is begun; settles when it is over. */
  #gate: PromiseWithResolvers<void> | undefined
  #relaxedTimer: NodeJS.Timeout | undefined
  readonly #watches = new Set<WriteWatch>()

  constructor(options: CommitterOptions) {
    this.#o = options
    this.#firstSequence = options.journal.nextSequence
    this.#nextSequence = this.#firstSequence
    this.#writtenSequence = this.#nextSequence - 1
    this.#lastTime = options.lastTime
  }

  /** The last commit that is acknowledged and visible. */
  get sequence(): number {
    return this.#writtenSequence
  }

  /** Commit time of the last commit handed over. */
  get lastTime(): number {
    return this.#lastTime
  }

  get wroteCommits(): boolean {
    return this.#o.journal.nextSequence !== this.#firstSequence
  }

  submit(build: CommitBuilder, options: SubmitOptions): Promise<CommitPlace> {
    if (this.#closed) return Promise.reject(storeClosed())
    const actor = presentActor()
    const named = actor === undefined ? build : (place: CommitPlace) => withActor(build(place), actor)
    const seat = options.joins === true ? presentSeat() : undefined
    if (seat?.isFree === true) return seat.take(this, named, options)
    return new Promise((resolve, reject) => this.#admit([{ build: named, options, resolve, reject }]))
  }

  /** Accepts all of them or none, and writes them in one frame: a crash leaves all of them or none, and so does a reader see. */
  submitJointly(parts: readonly JointPart[]): void {
    if (parts.length > 0) this.#admit(parts)
  }

  #admit(parts: readonly JointPart[]): void {
    if (this.#closed) rejectAll(parts, storeClosed())
    else if (this.#waiting.length === 0 && this.#queue.bytes < QUEUE_BYTES_MAX) this.#enqueue(parts)
    else if (this.#waiting.length < QUEUE_WAITERS_MAX) this.#waiting.push(parts)
    else rejectAll(parts, new ForgeError('OVERLOADED', `${QUEUE_WAITERS_MAX} commits are waiting`))
  }

  /**
   * Makes relaxed commits durable and lets them into the databases. Failing poisons the store.
   * @throws STORE_FAILED
   */
  async makeDurable(): Promise<void> {
    const { journal, applier, health } = this.#o
    health.assertSound()
    const sequence = journal.nextSequence - 1
    try {
      await journal.sync()
    } catch (cause) {
      throw health.poison(cause)
    }
    applier.release(sequence)
  }

  /**
   * The end of the last frame, durable.
   * @throws STORE_FAILED
   */
  async durableEnd(): Promise<JournalPosition> {
    // While a frame is being written, the end of the one before.
    const { position } = this.#o.journal
    await this.makeDurable()
    return position
  }

  /**
   * Takes no commit any more; settles when nothing is queued, being written or being applied, and no exclusive action runs.
   * Whoever writes into the journal afterwards is its only caller.
   */
  async close(): Promise<void> {
    do {
      // A commit of this very turn has not begun yet.
      this.#start()
      await (this.#running ?? this.#gate?.promise)
      await this.#exclusive.idle()
      this.#admitWaiting()
    } while (this.#isBusy)
    this.#closed = true
    clearTimeout(this.#relaxedTimer)
    if (!this.#o.health.poisoned) await this.#o.applier.applied(this.#writtenSequence)
  }

  get #isBusy(): boolean {
    if (this.#gate !== undefined || this.#running !== undefined) return true
    return this.#queue.length + this.#waiting.length > 0
  }

  /** Runs `action` with no frame in flight and every database up to date; commits wait meanwhile. Actions take turns. */
  exclusively<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(storeClosed())
    return this.#exclusive.run(async () => {
      const gate = Promise.withResolvers<void>()
      this.#gate = gate
      try {
        await this.#running
        await this.#o.applier.applied(this.#writtenSequence)
        return await action()
      } finally {
        this.#gate = undefined
        gate.resolve()
        this.#start()
      }
    })
  }

  /** From now on the watch hears of every commit, in the turn in which it gets its sequence. */
  watch(database: string): WriteWatch {
    const watch = new WriteWatch(database)
    this.#watches.add(watch)
    return watch
  }

  unwatch(watch: WriteWatch): void {
    this.#watches.delete(watch)
  }

  /**
   * Settles when LevelDB holds every commit that was handed over before.
   * @throws STORE_FAILED when it never will
   */
  async settled(): Promise<void> {
    const last = this.#nextSequence - 1
    while (this.#writtenSequence < last) {
      this.#o.health.assertSound()
      this.#start()
      await (this.#running ?? this.#gate?.promise)
    }
    await this.#o.applier.applied(last)
  }

  #enqueue(parts: readonly JointPart[]): void {
    const accepted = this.#acceptAll(parts)
    for (const { commit, bytes } of accepted) {
      this.#o.space.record(bytes)
      for (const watch of this.#watches) watch.note(commit.content.operations)
      this.#nextSequence++
      this.#lastTime = commit.place.time
      this.#queue.push(commit)
    }
    // A microtask later, so that commits submitted in the same turn share the frame.
    if (accepted.length > 0) queueMicrotask(() => this.#start())
  }

  /** @returns none when one of them was refused, which all have heard of then */
  #acceptAll(parts: readonly JointPart[]): readonly AcceptedCommit[] {
    const accepted: AcceptedCommit[] = []
    try {
      for (const part of parts) accepted.push(this.#accept(part, { parts, before: accepted }))
      const bytes = accepted.reduce((sum, each) => sum + each.bytes, 0)
      if (parts.length > 1 && bytes > COMMIT_BYTES_MAX)
        throw new ForgeError('COMMIT_INVALID', `a transaction takes at most ${COMMIT_BYTES_MAX} bytes`)
      return accepted
    } catch (cause) {
      // The last first, as they stand on each other.
      for (let index = accepted.length - 1; index >= 0; index--) parts[index]!.options.onRefused?.()
      const culprit = parts[accepted.length]
      const others = culprit === undefined ? cause : abandoned(cause)
      for (const part of parts) part.reject(part === culprit ? cause : others)
      return []
    }
  }

  /** Builds and checks a commit behind those that are accepted with it; nothing of the store changes yet. */
  #accept(
    { build, options, resolve, reject }: JointPart,
    { parts, before }: { readonly parts: readonly JointPart[]; readonly before: readonly AcceptedCommit[] },
  ): AcceptedCommit {
    this.#o.health.assertWritable()
    // Before `build`, which may change its caller's state in the belief that the commit will be written.
    const { estimatedBytes = 0, privileged = false, forFlush = false } = options
    this.#o.space.admit(estimatedBytes, { privileged, forFlush })
    const { time, backMs } = commitTime(this.#o.clock, before.at(-1)?.commit.place.time ?? this.#lastTime)
    const place = { sequence: this.#nextSequence + before.length, time }
    const { content, bytes, operations } = this.#built(build, place, options.onRefused)
    const nonce = operations.length === 0 ? this.#o.random.bytes(16) : undefined
    const writer = new ByteWriter(bytes + operations.length * 80 + 256)
    const recorded = { time, backMs, facts: content.facts, operations, nonce, detail: content.detail }
    writeCommitRecord(writer, recorded)
    const sync = (options.durability ?? this.#o.durability) === 'sync'
    const { onVisible } = options
    const joint = parts.length > 1 ? parts : undefined
    const record = writer.finish()
    return { commit: { place, content: recorded, record, sync, onVisible, resolve, reject, joint }, bytes }
  }

  /** Everything that can refuse a commit once it was built. */
  #built(
    build: CommitBuilder,
    place: CommitPlace,
    onRefused: (() => void) | undefined,
  ): {
    readonly content: CommitContent
    readonly bytes: number
    readonly operations: readonly SealedOperation[]
  } {
    try {
      const content = build(place)
      const bytes = checkCommit(content)
      this.#o.checkFacts?.(content.facts)
      return { content, bytes, operations: this.#seal(content) }
    } catch (cause) {
      onRefused?.()
      throw cause
    }
  }

  /** @throws COMMIT_INVALID, DATABASE_OFFLINE */
  check(operations: readonly Operation[]): number {
    for (const { database } of operations) this.#databaseOf(database)
    return checkOperations(operations)
  }

  #databaseOf(name: string): Database {
    const found = this.#o.databases.get(name)
    if (found !== undefined && name !== this.#o.observedInto) return found
    throw this.#o.refusal(name) ?? new ForgeError('COMMIT_INVALID', `the store has no database ${name}`)
  }

  #seal(content: CommitContent): readonly SealedOperation[] {
    return content.operations.map((operation) => {
      const { database, key } = operation
      const target = this.#databaseOf(database)
      return operation.type === 'delete'
        ? { type: 'delete', database, key }
        : { type: 'put', database, key, sealed: target.seal(key, operation.value) }
    })
  }

  #admitWaiting(): void {
    while (this.#waiting.length > 0 && this.#queue.bytes < QUEUE_BYTES_MAX)
      this.#enqueue(this.#waiting.shift()!)
  }

  #start(): void {
    if (this.#running !== undefined || this.#gate !== undefined || this.#queue.length === 0) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      this.#admitWaiting()
      this.#start()
    })
  }

  async #run(): Promise<void> {
    if (this.#turn.isOver) await this.#turn.next()
    while (this.#queue.length > 0 && this.#gate === undefined) {
      const group = this.#queue.takeGroup(GROUP_BYTES_MAX)
      let begun = false
      try {
        this.#o.health.assertSound()
        this.#o.assertOwned()
        begun = true
        await this.#writeGroup(group)
      } catch (cause) {
        this.#fail(group, cause, begun ? 'unknown' : 'none')
        return
      }
      this.#admitWaiting()
    }
  }

  async #writeGroup(group: readonly QueuedCommit[]): Promise<void> {
    const { journal, applier, metrics, clock } = this.#o
    const startedMs = clock.monotonicMs()
    const sync = group.some((commit) => commit.sync)
    const bytes = await journal.append(
      group.map((commit) => commit.record),
      { sync, preallocate: true },
    )
    metrics.observe('journal_append_ms', clock.monotonicMs() - startedMs)
    metrics.add('journal_frames_total')
    metrics.add('journal_bytes_total', bytes)
    metrics.add('commits_total', group.length)
    this.#writtenSequence = group.at(-1)!.place.sequence
    if (sync) applier.release(this.#writtenSequence)
    applier.enqueue(
      group.map(({ place, content, record }) => ({
        ...content,
        sequence: place.sequence,
        bytes: record.length,
      })),
    )
    for (const { onVisible, resolve, place } of group) {
      onVisible?.(place)
      resolve(place)
    }
    if (!sync) this.#scheduleSync()
    this.#o.onFrame(bytes)
    if (applier.queuedBytes > UNAPPLIED_BYTES_MAX) await applier.applied(this.#writtenSequence)
  }

  #scheduleSync(): void {
    this.#relaxedTimer ??= setTimeout(() => {
      this.#relaxedTimer = undefined
      this.makeDurable().catch(() => undefined)
    }, RELAXED_SYNC_MS)
  }

  /** The poison rule: nothing is retried; what was begun may be durable, what waited was not written. */
  #fail(group: readonly QueuedCommit[], cause: unknown, outcome: 'none' | 'unknown'): void {
    const error = this.#o.health.poison(cause)
    const queued = this.#queue.takeAll()
    for (const commit of group) commit.reject(withOutcome(error, outcome))
    for (const commit of queued) commit.reject(withOutcome(error, 'none'))
  }
}
