import type { Database } from '../database/database.ts'
import type { SealedOperation } from '../format/commit-record.ts'
import type { JournalRecord } from '../journal/journal-reader.ts'

/** One LevelDB batch of a replay: bounds memory, and costs nothing in speed at this size. */
const BATCH_BYTES = 4 * 1024 * 1024

/** Applies journal records to the databases in order; puts and deletes are idempotent, so a replay may repeat. */
export class Replay {
  readonly #databases: ReadonlyMap<string, Database>
  readonly #batches = new Map<Database, SealedOperation[]>()
  #batchBytes = 0
  commits = 0
  lastTime = 0

  constructor(databases: ReadonlyMap<string, Database>) {
    this.#databases = databases
  }

  async add(records: readonly JournalRecord[]): Promise<void> {
    for (const { record } of records) {
      this.commits++
      this.lastTime = Math.max(this.lastTime, record.time)
      for (const operation of record.operations) this.#addOperation(operation)
    }
    if (this.#batchBytes >= BATCH_BYTES) await this.flush()
  }

  async flush(): Promise<void> {
    const batches = [...this.#batches]
    this.#batches.clear()
    this.#batchBytes = 0
    await Promise.all(batches.map(([database, operations]) => database.apply(operations)))
  }

  #addOperation(operation: SealedOperation): void {
    const database = this.#databases.get(operation.database)
    if (database === undefined) return
    this.#batchBytes += operation.key.length + (operation.type === 'put' ? operation.sealed.length : 0)
    const batch = this.#batches.get(database)
    if (batch === undefined) this.#batches.set(database, [operation])
    else batch.push(operation)
  }
}
