import { isError } from '@forgeone/common'
import type { ObservedCommit, SealedOperation } from '@forgeone/common'
import type { Database } from '../database/database.ts'
import type { Observation } from './observation.ts'

/** Small commits wait this long, or until so much of them has gathered, and then share one batch a database. */
const APPLY_DELAY_MS = 5
const APPLY_BYTES = 256 * 1024

/** A commit that is written to the journal. */
export interface WrittenCommit extends ObservedCommit {
  readonly bytes: number
}

export interface ApplierOptions {
  readonly databases: ReadonlyMap<string, Database>
  readonly appliedSequence: number
  /** Sees each commit in the turn in which it is applied. */
  readonly observation: Observation | undefined
  /** Told of the operations of each commit before it is applied. */
  readonly note: (operations: readonly SealedOperation[]) => void
  /** Asks for every commit written so far to be made durable, and then `release`d. */
  readonly makeDurable: () => Promise<void>
  readonly onFailure: (cause: unknown) => void
}

/**
 * Writes durable commits into the databases, in order, one unsynced batch a database for all that waits.
 * Until then the databases' overlays answer for them. A relaxed commit waits there for its sync: LevelDB's files may
 * reach the disk before the journal does, and a commit that the journal lost must leave no trace in any database.
 */
export class Applier {
  readonly #databases: ReadonlyMap<string, Database>
  readonly #onFailure: (cause: unknown) => void
  readonly #makeDurable: () => Promise<void>
  readonly #observation: Observation | undefined
  readonly #note: (operations: readonly SealedOperation[]) => void
  #queue: WrittenCommit[] = []
  #queuedBytes = 0
  #appliedSequence: number
  #durableSequence: number
  #running = false
  /** Settles when what runs is done. */
  #turn: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #waiters: { sequence: number; resolve: () => void; reject: (cause: unknown) => void }[] = []
  #settling: PromiseWithResolvers<void> | undefined
  #failure: unknown

  constructor(o: ApplierOptions) {
    this.#databases = o.databases
    this.#appliedSequence = o.appliedSequence
    this.#durableSequence = o.appliedSequence
    this.#makeDurable = o.makeDurable
    this.#observation = o.observation
    this.#note = o.note
    this.#onFailure = o.onFailure
  }

  get appliedSequence(): number {
    return this.#appliedSequence
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Makes the commits visible at once and applies them soon. */
  enqueue(commits: readonly WrittenCommit[]): void {
    for (const commit of commits) {
      this.#note(commit.operations)
      for (const operation of commit.operations)
        this.#databases.get(operation.database)?.overlay.add(operation, commit.sequence)
      this.#queue.push(commit)
      this.#queuedBytes += commit.bytes
    }
    this.#schedule()
  }

  /** Every commit up to `sequence` is durable now and may be applied. */
  release(sequence: number): void {
    this.#durableSequence = Math.max(this.#durableSequence, sequence)
    this.#schedule()
  }

  /** Settles when LevelDB holds every commit up to `sequence`. */
  applied(sequence: number): Promise<void> {
    if (this.#appliedSequence >= sequence) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure))
    return new Promise((resolve, reject) => {
      this.#waiters.push({ sequence, resolve, reject })
      void this.#run()
      if (sequence > this.#durableSequence) this.#makeDurable().catch(reject)
    })
  }

  /** Writes what the observer needs to continue from the commits applied so far. */
  settleObserver(): Promise<void> {
    if (this.#observation === undefined) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure))
    this.#settling ??= Promise.withResolvers()
    const { promise } = this.#settling
    void this.#run()
    return promise
  }

  /** Runs `action` while no batch is written. */
  async between<T>(action: () => Promise<T>): Promise<T> {
    while (this.#running) await this.#turn
    if (this.#failure !== undefined) throw asError(this.#failure)
    this.#running = true
    const turn = Promise.withResolvers<void>()
    this.#turn = turn.promise
    try {
      return await action()
    } finally {
      this.#running = false
      turn.resolve()
      if (this.#settling !== undefined) void this.#run()
      else if (this.#queue.length > 0) this.#schedule()
    }
  }

  /** A LevelDB batch costs 50 µs however small it is, and the overlay answers meanwhile: small commits are gathered. */
  #schedule(): void {
    if (this.#waiters.length > 0 || this.#queuedBytes >= APPLY_BYTES) void this.#run()
    else this.#timer ??= setTimeout(() => void this.#run(), APPLY_DELAY_MS)
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running || this.#failure !== undefined) return
    const commits = this.#takeDurable()
    const settling = this.#settling
    this.#settling = undefined
    if (commits.length === 0 && settling === undefined) return
    this.#running = true
    const turn = Promise.withResolvers<void>()
    this.#turn = turn.promise
    const bytes = commits.reduce((sum, commit) => sum + commit.bytes, 0)
    try {
      await this.#applyAll(commits, { settle: settling !== undefined })
      this.#queuedBytes -= bytes
      this.#running = false
      turn.resolve()
      settling?.resolve()
      if (commits.length > 0) this.#settle(commits.at(-1)!.sequence)
    } catch (cause) {
      this.#running = false
      turn.resolve()
      settling?.reject(cause)
      this.#fail(cause)
      return
    }
    if (this.#settling !== undefined) void this.#run()
    else if (this.#queue.length > 0) this.#schedule()
  }

  #takeDurable(): readonly WrittenCommit[] {
    const firstRelaxed = this.#queue.findIndex((commit) => commit.sequence > this.#durableSequence)
    const commits = firstRelaxed < 0 ? this.#queue : this.#queue.slice(0, firstRelaxed)
    this.#queue = firstRelaxed < 0 ? [] : this.#queue.slice(firstRelaxed)
    return commits
  }

  async #applyAll(
    commits: readonly WrittenCommit[],
    { settle }: { readonly settle: boolean },
  ): Promise<void> {
    const batches = new Map<Database, SealedOperation[]>()
    const observed = this.#observe(commits, settle)
    if (observed.length > 0) batches.set(this.#observation!.database, observed)
    for (const commit of commits) {
      for (const operation of commit.operations) {
        const database = this.#databases.get(operation.database)
        if (database === undefined) continue
        const batch = batches.get(database)
        if (batch === undefined) batches.set(database, [operation])
        else batch.push(operation)
      }
    }
    await Promise.all([...batches].map(([database, operations]) => database.apply(operations)))
    for (const commit of commits) {
      for (const operation of commit.operations)
        this.#databases.get(operation.database)?.overlay.remove(operation, commit.sequence)
    }
  }

  #observe(commits: readonly WrittenCommit[], settle: boolean): SealedOperation[] {
    const observation = this.#observation
    if (observation === undefined) return []
    const rows = [...observation.observe(commits)]
    if (settle) rows.push(...observation.settle())
    return rows
  }

  #settle(sequence: number): void {
    this.#appliedSequence = sequence
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      if (waiter.sequence <= sequence) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }

  #fail(cause: unknown): void {
    this.#failure = cause
    this.#onFailure(cause)
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) waiter.reject(cause)
    this.#settling?.reject(cause)
    this.#settling = undefined
  }
}

function asError(cause: unknown): Error {
  return isError(cause) ? cause : new Error(String(cause))
}
