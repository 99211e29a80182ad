import type { Row } from '../port/store.ts'
import type { WatchedScope } from '../state/state-roots.ts'

/** What a store was created with that decides which databases it has. */
export interface Layout {
  /** Shards of each kind that is sharded. */
  readonly shardCount: number
}

/** Rows of a database that begin with one byte, and are of one owner. */
export interface KeyspacePlan {
  readonly byte: number
  /** Described together with the others of this name, apart from the rest of the database; `unwatched`: not at all. */
  readonly part?: string | undefined
  /** Throws for a row that does not parse: RECORD_TAMPERED, STORE_DAMAGED. */
  readonly check?: ((row: Row) => unknown) | undefined
}

/** The part of what changes all the time and decides nothing. */
export const UNWATCHED = 'unwatched'

/** A database that a facility keeps its rows in; several may name the same, each with keyspaces of its own. */
export interface DatabasePlan {
  readonly name: string
  /** What the store is to describe of it, where the facility has it for itself. */
  readonly scopes?: readonly WatchedScope[] | undefined
  readonly keyspaces?: readonly KeyspacePlan[] | undefined
  /** As of a keyspace, for every row of a database that the facility has for itself. */
  readonly check?: ((row: Row) => unknown) | undefined
}
