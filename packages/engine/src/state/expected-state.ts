import type { JournalRecord } from '../journal/journal-reader.ts'
import { stateRecordOf } from './state-record.ts'
import { isInScope, type ScopedRoot, type StateScope } from './state-root.ts'

interface ExpectedRows extends ScopedRoot {
  /** The last commit that is in those rows. */
  readonly sequence: number
}

/** Finds, in the journal of a store that is being opened, what the rows of its databases must be. */
export class ExpectedState {
  #firstSequence: number | undefined
  /** What was said last of each database: one that is offline is not spoken of again, and must not be forgotten for it. */
  readonly #newest = new Map<string, ExpectedRows>()
  /** The newest commit that wrote into each keyspace of each database. */
  readonly #written = new Map<string, Map<number, number>>()

  add(records: readonly JournalRecord[]): void {
    this.#firstSequence ??= records[0]?.sequence
    for (const { sequence, record } of records) {
      for (const { database, key } of record.operations) {
        const keyspaces = this.#written.get(database) ?? new Map<number, number>()
        this.#written.set(database, keyspaces.set(key[0]!, sequence))
      }
      const said = stateRecordOf(record.facts)
      for (const rows of said?.databases ?? [])
        this.#newest.set(rows.database, { ...rows, sequence: said!.sequence })
    }
  }

  /**
   * The databases whose rows are those of their newest record: no commit has written into them since. All commits behind it
   * must lie in the journal, else nothing is known.
   */
  get databases(): readonly ExpectedRows[] {
    const first = this.#firstSequence ?? Number.POSITIVE_INFINITY
    return [...this.#newest.values()].filter(
      (rows) => first <= rows.sequence + 1 && this.#lastWrite(rows) <= rows.sequence,
    )
  }

  #lastWrite(scope: StateScope): number {
    let last = -1
    for (const [keyspace, sequence] of this.#written.get(scope.database) ?? [])
      if (isInScope(scope, Uint8Array.of(keyspace))) last = Math.max(last, sequence)
    return last
  }
}
