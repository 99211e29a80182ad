import type { SealedOperation } from '@forgeone/common'
import type { Observation } from '../commit/observation.ts'
import type { Database } from '../database/database.ts'
import type { JournalRecord } from '../journal/journal-reader.ts'

/** One LevelDB batch of a replay: bounds memory, and costs nothing in speed at this size. */
const BATCH_BYTES = 4 * 1024 * 1024

export interface ReplayOptions {
  readonly databases: ReadonlyMap<string, Database>
  /** Commits up to this one are in synced tables; -1 when none is known to be. */
  readonly flushedSequence: number
  /** Begins the observation, told the first commit that the journal holds. */
  readonly observe: (firstSequence: number) => Promise<Observation | undefined>
}

/** Applies journal records to the databases in order; puts and deletes are idempotent, so a replay may repeat. */
export class Replay {
  readonly #options: ReplayOptions
  readonly #batches = new Map<Database, SealedOperation[]>()
  #batchBytes = 0
  #observing: { readonly observation: Observation | undefined } | undefined
  commits = 0
  lastTime = 0

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  async add(records: readonly JournalRecord[]): Promise<void> {
    const observation = await this.#observationFrom(records[0]!.sequence)
    for (const { sequence, record } of records) {
      if (sequence <= this.#options.flushedSequence) continue
      this.commits++
      this.lastTime = Math.max(this.lastTime, record.time)
      for (const operation of record.operations) this.#add(operation)
    }
    const observed = observation?.observe(records.map(({ sequence, record }) => ({ ...record, sequence })))
    for (const operation of observed ?? []) this.#add(operation)
    if (this.#batchBytes >= BATCH_BYTES) await this.#flush()
  }

  /** @param nextSequence of the journal @returns the observation, which has seen every commit */
  async finish(nextSequence: number): Promise<Observation | undefined> {
    await this.#flush()
    return await this.#observationFrom(nextSequence)
  }

  async #observationFrom(firstSequence: number): Promise<Observation | undefined> {
    this.#observing ??= { observation: await this.#options.observe(firstSequence) }
    return this.#observing.observation
  }

  async #flush(): Promise<void> {
    const batches = [...this.#batches]
    this.#batches.clear()
    this.#batchBytes = 0
    await Promise.all(batches.map(([database, operations]) => database.apply(operations)))
  }

  #add(operation: SealedOperation): void {
    const database = this.#options.databases.get(operation.database)
    if (database === undefined) return
    this.#batchBytes += operation.key.length + (operation.type === 'put' ? operation.sealed.length : 0)
    const batch = this.#batches.get(database)
    if (batch === undefined) this.#batches.set(database, [operation])
    else batch.push(operation)
  }
}
