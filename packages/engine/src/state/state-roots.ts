import type { SealedOperation } from '@forgeone/common'
import type { Database } from '../database/database.ts'
import type { StateRecord } from './state-record.ts'
import { isInScope, stateRoot, type ScopedRoot, type StateScope } from './state-root.ts'

/** Says what the rows of some databases are, and remembers it until a commit touches them. */
export class StateRoots {
  readonly #scopes: ReadonlyMap<string, StateScope>
  readonly #databases: ReadonlyMap<string, Database>
  readonly #known = new Map<string, string>()

  constructor(o: {
    readonly scopes: readonly StateScope[]
    readonly databases: ReadonlyMap<string, Database>
    /** What opening found. */
    readonly found: readonly ScopedRoot[]
  }) {
    this.#scopes = new Map(o.scopes.map((scope) => [scope.database, scope]))
    this.#databases = o.databases
    for (const { database, root, without = [] } of o.found) {
      const asked = this.#scopes.get(database)?.without ?? []
      if (asked.join() === without.join()) this.#known.set(database, root)
    }
  }

  /** Told of every commit before it is applied. @returns whether it changes rows that are watched */
  note(operations: readonly SealedOperation[]): boolean {
    let changes = false
    for (const { database, key } of operations) {
      const scope = this.#scopes.get(database)
      if (scope === undefined || !isInScope(scope, key)) continue
      this.#known.delete(database)
      changes = true
    }
    return changes
  }

  /**
   * What the rows are behind a commit. Nothing may be written meanwhile, and every commit must be applied.
   * @returns undefined when no database is to be watched
   */
  async take(sequence: number): Promise<StateRecord | undefined> {
    const databases: ScopedRoot[] = []
    for (const scope of this.#scopes.values()) {
      const database = this.#databases.get(scope.database)
      if (database === undefined) continue
      const root = this.#known.get(scope.database) ?? (await stateRoot(database, scope))
      this.#known.set(scope.database, root)
      databases.push({ ...scope, root })
    }
    return databases.length === 0 ? undefined : { sequence, databases }
  }
}
