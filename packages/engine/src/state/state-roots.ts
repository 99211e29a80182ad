import type { SealedOperation } from '@forgeone/common'
import type { Database } from '../database/database.ts'
import type { ObserverState, StateRecord } from './state-record.ts'
import { isInScope, scopeName, stateRoot, type ScopedRoot, type StateScope } from './state-root.ts'

/** A scope as its owner asks for it. */
export interface WatchedScope extends StateScope {
  /** What changes is described some time later, and not only at flush points and on closing. */
  readonly describedSoon?: boolean | undefined
}

/** Says what the rows of some databases are, and remembers it until a commit touches them. */
export class StateRoots {
  readonly #scopes: readonly WatchedScope[]
  readonly #byDatabase: ReadonlyMap<string, readonly WatchedScope[]>
  readonly #databases: ReadonlyMap<string, Database>
  readonly #observer: () => Promise<ObserverState | undefined>
  readonly #known = new Map<string, Uint8Array>()

  constructor(o: {
    readonly scopes: readonly WatchedScope[]
    readonly databases: ReadonlyMap<string, Database>
    /** What opening found. */
    readonly found: readonly ScopedRoot[]
    readonly observer: () => Promise<ObserverState | undefined>
  }) {
    this.#scopes = o.scopes
    this.#byDatabase = Map.groupBy(o.scopes, ({ database }) => database)
    this.#databases = o.databases
    this.#observer = o.observer
    for (const found of o.found)
      if (o.scopes.some((asked) => coverage(asked) === coverage(found)))
        this.#known.set(scopeName(found), found.root)
  }

  /** Told of every commit before it is applied. @returns whether it changes rows that are to be described soon */
  note(operations: readonly SealedOperation[]): boolean {
    let changes = false
    for (const { database, key } of operations) {
      for (const scope of this.#byDatabase.get(database) ?? []) {
        if (!isInScope(scope, key)) continue
        this.#known.delete(scopeName(scope))
        changes ||= scope.describedSoon === true
      }
    }
    return changes
  }

  /**
   * What the rows are behind a commit. Nothing may be written meanwhile, and every commit must be applied.
   * @returns undefined when nothing is to be watched
   */
  async take(sequence: number): Promise<StateRecord | undefined> {
    // Together: most of them are a few rows each, and LevelDB answers on other threads.
    const scopes = (await Promise.all(this.#scopes.map((scope) => this.#rootOf(scope)))).flat()
    const observer = await this.#observer()
    return scopes.length === 0 && observer === undefined ? undefined : { sequence, scopes, observer }
  }

  async #rootOf(scope: WatchedScope): Promise<readonly ScopedRoot[]> {
    const database = this.#databases.get(scope.database)
    if (database === undefined) return []
    const name = scopeName(scope)
    const root = this.#known.get(name) ?? (await stateRoot(database, scope))
    this.#known.set(name, root)
    return [{ ...scope, root }]
  }
}

function coverage(scope: StateScope): string {
  const { without = [], only = [], ends = [] } = scope
  return [scopeName(scope), without.join(), only.join(), ends.join()].join('|')
}
