import type { AuditFacts } from './audit-facts.ts'

/** One operation of a durable commit, with the value as it is sealed for its place. */
export type SealedOperation =
  | { readonly type: 'put'; readonly database: string; readonly key: Uint8Array; readonly sealed: Uint8Array }
  | { readonly type: 'delete'; readonly database: string; readonly key: Uint8Array }

/** A durable commit, exactly as the journal holds it. All bytes are borrowed for the call. */
export interface ObservedCommit {
  readonly sequence: number
  /** Milliseconds since 1970; never earlier than that of the commit before. */
  readonly time: number
  /** How many milliseconds the clock had stepped back behind `time`; undefined when it had not. */
  readonly backMs?: number | undefined
  readonly facts: AuditFacts
  readonly operations: readonly SealedOperation[]
  /** 16 random bytes of a commit without operations. */
  readonly nonce: Uint8Array | undefined
}

/** A row of the observer's own database, in clear: the store seals it. `undefined` deletes. */
export interface ObserverRow {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** What an observer may do with its own database. Every value read is authentic at its key, else `RECORD_TAMPERED`. */
export interface ObserverStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  /** Rows in key order, a page at a time; `from` inclusive, `to` exclusive. */
  scan(
    range: { readonly from?: Uint8Array; readonly to?: Uint8Array },
    options?: { readonly reverse?: boolean; readonly limit?: number },
  ): AsyncIterable<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]>
  /** Durable when it settles, but outside the journal: for what could be lost without losing a commit. */
  write(rows: readonly ObserverRow[]): Promise<void>
  /** Settles when every commit that was acknowledged when called has been observed and its rows can be read. */
  caughtUp(): Promise<void>
}

/**
 * Follows the one order of commits and keeps rows derived from it in a database of its own: the audit log is one.
 * The store promises: each durable commit is observed once, in order, without a gap, before it may leave the journal;
 * the rows returned are written in one batch with those of the same commits.
 */
export interface CommitObserver {
  /** The database of the rows. */
  readonly database: string
  /**
   * Called once before everything else: continue behind the first `size` commits, from the rows that the `settle`
   * with this size returned. Rows of later calls may be there or not; they are written again.
   */
  load(store: ObserverStore, size: number): Promise<void>
  /** A pure function of state and commits, so that a replay gives the same rows. Synchronous: it is on the write path. */
  observe(commits: readonly ObservedCommit[]): readonly ObserverRow[]
  /** The rows still in memory that `load` needs to continue behind `size` commits. Two settled states are kept. */
  settle(): { readonly size: number; readonly rows: readonly ObserverRow[] }
  /** No call follows. */
  close(): Promise<void>
}
