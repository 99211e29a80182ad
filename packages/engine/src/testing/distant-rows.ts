import { ForgeError, type AuditFacts, type Clock } from '@forgeone/common'
import { SortedRows } from './sorted-rows.ts'

/** What the other side of the network keeps: it outlives the store that writes there. */
export class DistantRows {
  readonly id: Uint8Array
  readonly databases: ReadonlyMap<string, SortedRows>
  sequence = 0
  lastTime = 0

  constructor(databases: readonly string[]) {
    this.id = crypto.getRandomValues(new Uint8Array(16))
    this.databases = new Map(databases.map((name) => [name, new SortedRows()]))
  }

  /** @throws COMMIT_INVALID */
  of(database: string): SortedRows {
    const rows = this.databases.get(database)
    if (rows === undefined) throw new ForgeError('COMMIT_INVALID', `the store has no database ${database}`)
    return rows
  }
}

export interface DistantOptions {
  readonly rows: DistantRows
  readonly clock: Clock
  /** A way over the network: questions and answers take one each, commits one there. Never less than a turn of the event loop. */
  readonly way: () => Promise<void>
  /** Throws to refuse a commit. */
  readonly checkFacts?: ((facts: AuditFacts) => void) | undefined
}
