import type { JournalRecord } from '../journal/journal-reader.ts'
import { stateRecordOf, type ObserverState } from './state-record.ts'
import { isInScope, scopeName, type ScopedRoot, type StateScope } from './state-root.ts'

interface ExpectedRows extends ScopedRoot {
  /** The last commit that is in those rows. */
  readonly sequence: number
}

/** Finds, in the journal of a store that is being opened, what the rows of its databases must be. */
export class ExpectedState {
  #firstSequence: number | undefined
  /** What was said last of each scope: one that is offline is not spoken of again, and must not be forgotten for it. */
  readonly #newest = new Map<string, ExpectedRows>()
  /** The newest commit that wrote into each keyspace of each database. */
  readonly #written = new Map<string, Map<number, number>>()
  #observer: ObserverState | undefined

  add(records: readonly JournalRecord[]): void {
    this.#firstSequence ??= records[0]?.sequence
    for (const { sequence, record } of records) {
      for (const { database, key } of record.operations) {
        const keyspaces = this.#written.get(database) ?? new Map<number, number>()
        this.#written.set(database, keyspaces.set(key[0]!, sequence))
      }
      const said = stateRecordOf(record)
      if (said === undefined) continue
      this.#observer = said.observer ?? this.#observer
      for (const rows of said.scopes) this.#newest.set(scopeName(rows), { ...rows, sequence: said.sequence })
    }
  }

  /**
   * The scopes whose rows are those of their newest record: no commit has written into them since. All commits behind it
   * must lie in the journal, else nothing is known.
   */
  get scopes(): readonly ExpectedRows[] {
    const first = this.#firstSequence ?? Number.POSITIVE_INFINITY
    return [...this.#newest.values()].filter(
      (rows) => first <= rows.sequence + 1 && this.#lastWrite(rows) <= rows.sequence,
    )
  }

  /** What was said last of the observer; it may have come further since. */
  get observer(): ObserverState | undefined {
    return this.#observer
  }

  #lastWrite(scope: StateScope): number {
    let last = -1
    for (const [keyspace, sequence] of this.#written.get(scope.database) ?? [])
      if (isInScope(scope, Uint8Array.of(keyspace))) last = Math.max(last, sequence)
    return last
  }
}
