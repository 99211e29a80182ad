import type { SealedOperation } from '../format/commit-record.ts'
import type { Database } from '../database/database.ts'

/** The operations of one commit, durable in the journal. */
export interface DurableCommit {
  readonly sequence: number
  readonly operations: readonly SealedOperation[]
  readonly bytes: number
}

/**
 * Writes durable commits into the databases, in order, one unsynced batch a database for all that waits.
 * Until then the databases' overlays answer for them.
 */
export class Applier {
  readonly #databases: ReadonlyMap<string, Database>
  readonly #onFailure: (cause: unknown) => void
  #queue: DurableCommit[] = []
  #queuedBytes = 0
  #appliedSequence: number
  #running = false
  #held = 0
  #waiters: { sequence: number; resolve: () => void; reject: (cause: unknown) => void }[] = []
  #failure: unknown

  constructor(o: { databases: ReadonlyMap<string, Database>; appliedSequence: number; onFailure: (cause: unknown) => void }) {
    this.#databases = o.databases
    this.#appliedSequence = o.appliedSequence
    this.#onFailure = o.onFailure
  }

  get appliedSequence(): number {
    return this.#appliedSequence
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Makes the commits visible at once and applies them soon. */
  enqueue(commits: readonly DurableCommit[]): void {
    for (const commit of commits) {
      for (const operation of commit.operations) this.#databases.get(operation.database)?.overlay.add(operation, commit.sequence)
      this.#queue.push(commit)
      this.#queuedBytes += commit.bytes
    }
    void this.#run()
  }

  /** Settles when LevelDB holds every commit up to `sequence`. */
  applied(sequence: number): Promise<void> {
    if (this.#appliedSequence >= sequence) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure))
    return new Promise((resolve, reject) => this.#waiters.push({ sequence, resolve, reject }))
  }

  /** Runs `action` while no batch is being applied: the databases then show one state, that of `appliedSequence`. */
  async hold<T>(action: () => T): Promise<T> {
    this.#held++
    try {
      if (this.#running) await this.applied(this.#appliedSequence + 1)
      return action()
    } finally {
      this.#held--
      void this.#run()
    }
  }

  async #run(): Promise<void> {
    if (this.#running || this.#held > 0 || this.#failure !== undefined || this.#queue.length === 0) return
    this.#running = true
    const commits = this.#queue
    const bytes = this.#queuedBytes
    this.#queue = []
    try {
      await this.#applyAll(commits)
      this.#queuedBytes -= bytes
      this.#running = false
      this.#settle(commits.at(-1)!.sequence)
    } catch (cause) {
      this.#running = false
      this.#fail(cause)
      return
    }
    // Written as a tail call, so that a holder that waits for this batch gets its turn first.
    queueMicrotask(() => void this.#run())
  }

  async #applyAll(commits: readonly DurableCommit[]): Promise<void> {
    const batches = new Map<Database, SealedOperation[]>()
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
      for (const operation of commit.operations) this.#databases.get(operation.database)?.overlay.remove(operation, commit.sequence)
    }
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
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}
