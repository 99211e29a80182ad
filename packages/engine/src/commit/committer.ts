import { eventLoopTurn, ForgeError, Turn, Turns, type Metrics } from '@forgeone/common'
import { storeClosed } from '../health/store-closed.ts'
import { withOutcome } from '../health/health.ts'
import type { JournalPosition, JournalWriter } from '../journal/journal-writer.ts'
import { WriteWatch } from './write-watch.ts'
import type { CommitPlace, Operation } from '../port/store.ts'
import { presentActor, withActor } from './acting-as.ts'
import type { Applier } from './applier.ts'
import { CommitAcceptance, type CommitAcceptanceOptions, type CommitBuilder } from './commit-acceptance.ts'
import {
  GROUP_BYTES_MAX,
  QUEUE_BYTES_MAX,
  QUEUE_WAITERS_MAX,
  RELAXED_SYNC_MS,
  UNAPPLIED_BYTES_MAX,
} from './commit-limits.ts'
import { CommitQueue, type QueuedCommit } from './commit-queue.ts'
import {
  presentSeat,
  rejectAll,
  type JointPart,
  type JointWriter,
  type SubmitOptions,
} from './joint-commit.ts'
import { RecentWrites } from './recent-writes.ts'

export interface CommitterOptions extends Omit<CommitAcceptanceOptions, 'writes'> {
  readonly journal: JournalWriter
  readonly applier: Applier
  readonly lastTime: number
  readonly metrics: Metrics
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
  readonly #options: CommitterOptions
  readonly #firstSequence: number
  #nextSequence: number
  #writtenSequence: number
  #lastTime: number
  readonly #queue = new CommitQueue()
  readonly #writes: RecentWrites
  readonly #acceptance: CommitAcceptance
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
    this.#options = options
    this.#firstSequence = options.journal.nextSequence
    this.#nextSequence = this.#firstSequence
    this.#writtenSequence = this.#nextSequence - 1
    this.#lastTime = options.lastTime
    this.#writes = new RecentWrites(this.#writtenSequence)
    this.#acceptance = new CommitAcceptance({ ...options, writes: this.#writes })
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
    return this.#options.journal.nextSequence !== this.#firstSequence
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
    const { journal, applier, health } = this.#options
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
    const { position } = this.#options.journal
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
    if (!this.#options.health.poisoned) await this.#options.applier.applied(this.#writtenSequence)
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
        await this.#options.applier.applied(this.#writtenSequence)
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
      this.#options.health.assertSound()
      this.#start()
      await (this.#running ?? this.#gate?.promise)
    }
    await this.#options.applier.applied(last)
  }

  #enqueue(parts: readonly JointPart[]): void {
    const accepted = this.#acceptance.acceptAll(parts, {
      sequence: this.#nextSequence,
      lastTime: this.#lastTime,
    })
    for (const { commit, bytes } of accepted) {
      this.#options.space.record(bytes)
      this.#writes.note(commit.place.sequence, commit.content.operations)
      for (const watch of this.#watches) watch.note(commit.content.operations)
      this.#nextSequence++
      this.#lastTime = commit.place.time
      this.#queue.push(commit)
    }
    // A microtask later, so that commits submitted in the same turn share the frame.
    if (accepted.length > 0) queueMicrotask(() => this.#start())
  }

  /** @throws COMMIT_INVALID, DATABASE_OFFLINE */
  check(operations: readonly Operation[]): number {
    return this.#acceptance.check(operations)
  }

  #admitWaiting(): void {
    while (this.#waiting.length > 0 && this.#queue.bytes < QUEUE_BYTES_MAX)
      this.#enqueue(this.#waiting.shift()!)
  }

  #start(): void {
    if (this.#running !== undefined || this.#gate !== undefined || this.#queue.length === 0) return
    // Reads that could go on without a pause leave the loop to us as often as we need it.
    const endHurry = eventLoopTurn.hurry()
    this.#running = this.#run().finally(() => {
      endHurry()
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
        this.#options.health.assertSound()
        this.#options.assertOwned()
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
    const { journal, applier, metrics, clock } = this.#options
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
    this.#options.onFrame(bytes)
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
    const error = this.#options.health.poison(cause)
    const queued = this.#queue.takeAll()
    for (const commit of group) commit.reject(withOutcome(error, outcome))
    for (const commit of queued) commit.reject(withOutcome(error, 'none'))
  }
}
