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
import { writeCommitRecord, type CommitRecord } from '../format/commit-record.ts'
import { withOutcome, type Health } from '../health/health.ts'
import { storeClosed } from '../health/store-closed.ts'
import type { SpaceGuard } from '../health/space-guard.ts'
import type { JournalPosition, JournalWriter } from '../journal/journal-writer.ts'
import { WriteWatch } from '../rotation/write-watch.ts'
import type { CommitContent, CommitOptions, CommitPlace, Durability, Operation } from '../store/store.ts'
import { presentActor, SYSTEM_ACTOR } from './acting-as.ts'
import type { Applier } from './applier.ts'
import { checkCommit, checkOperations } from './check-commit.ts'
import { commitTime } from './commit-time.ts'
import {
  GROUP_BYTES_MAX,
  QUEUE_BYTES_MAX,
  QUEUE_WAITERS_MAX,
  RELAXED_SYNC_MS,
  UNAPPLIED_BYTES_MAX,
} from './commit-limits.ts'

export type CommitBuilder = (place: CommitPlace) => CommitContent

interface QueuedCommit {
  readonly place: CommitPlace
  readonly content: CommitRecord
  readonly record: Uint8Array
  readonly sync: boolean
  readonly onVisible: ((place: CommitPlace) => void) | undefined
  readonly resolve: (place: CommitPlace) => void
  readonly reject: (error: ForgeError) => void
}

interface WaitingCommit {
  readonly build: CommitBuilder
  readonly options: CommitOptions
  readonly resolve: (place: CommitPlace | PromiseLike<CommitPlace>) => void
  readonly reject: (cause: unknown) => void
}

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
export class Committer {
  readonly #o: CommitterOptions
  readonly #firstSequence: number
  #nextSequence: number
  #writtenSequence: number
  #lastTime: number
  #queue: QueuedCommit[] = []
  #queuedBytes = 0
  #waiting: WaitingCommit[] = []
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

  submit(build: CommitBuilder, options: CommitOptions): Promise<CommitPlace> {
    if (this.#closed) return Promise.reject(storeClosed())
    const actor = presentActor()
    const named = actor === undefined ? build : (place: CommitPlace) => withActor(build(place), actor)
    if (this.#waiting.length === 0 && this.#queuedBytes < QUEUE_BYTES_MAX)
      return this.#enqueue(named, options)
    if (this.#waiting.length >= QUEUE_WAITERS_MAX) {
      return Promise.reject(new ForgeError('OVERLOADED', `${QUEUE_WAITERS_MAX} commits are waiting`))
    }
    return new Promise((resolve, reject) => this.#waiting.push({ build: named, options, resolve, reject }))
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

  #enqueue(build: CommitBuilder, options: CommitOptions): Promise<CommitPlace> {
    return new Promise((resolve, reject) => {
      this.#o.health.assertWritable()
      // Before `build`, which may change its caller's state in the belief that the commit will be written.
      this.#o.space.admit(options.estimatedBytes ?? 0, { privileged: options.privileged ?? false })
      const { time, backMs } = commitTime(this.#o.clock, this.#lastTime)
      const place = { sequence: this.#nextSequence, time }
      const { content, bytes, operations } = this.#accept(build, place, options.onRefused)
      this.#o.space.record(bytes)
      const nonce = operations.length === 0 ? this.#o.random.bytes(16) : undefined
      const writer = new ByteWriter(bytes + operations.length * 80 + 256)
      const recorded = { time, backMs, facts: content.facts, operations, nonce, detail: content.detail }
      writeCommitRecord(writer, recorded)
      const sync = (options.durability ?? this.#o.durability) === 'sync'
      for (const watch of this.#watches) watch.note(operations)
      this.#nextSequence++
      this.#lastTime = time
      const { onVisible } = options
      const record = writer.finish()
      this.#queue.push({ place, content: recorded, record, sync, onVisible, resolve, reject })
      this.#queuedBytes += writer.length
      // A microtask later, so that commits submitted in the same turn share the frame.
      queueMicrotask(() => this.#start())
    })
  }

  /** Everything that can refuse a commit once it was built. */
  #accept(
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
    while (this.#waiting.length > 0 && this.#queuedBytes < QUEUE_BYTES_MAX) {
      const { build, options, resolve } = this.#waiting.shift()!
      resolve(this.#enqueue(build, options))
    }
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
      const group = this.#takeGroup()
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

  #takeGroup(): QueuedCommit[] {
    let bytes = 0
    let count = 0
    while (
      count < this.#queue.length &&
      (count === 0 || bytes + this.#queue[count]!.record.length <= GROUP_BYTES_MAX)
    ) {
      bytes += this.#queue[count++]!.record.length
    }
    const group = count === this.#queue.length ? this.#queue : this.#queue.slice(0, count)
    this.#queue = count === this.#queue.length ? [] : this.#queue.slice(count)
    this.#queuedBytes -= bytes
    return group
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
    const queued = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    for (const commit of group) commit.reject(withOutcome(error, outcome))
    for (const commit of queued) commit.reject(withOutcome(error, 'none'))
  }
}

function withActor(content: CommitContent, actor: string): CommitContent {
  const { facts } = content
  return facts.actor === SYSTEM_ACTOR ? content : { ...content, facts: { ...facts, actor } }
}
