import type { AuditFacts } from '@forgeone/common'

/**
 * Keys and values above these are refused with `COMMIT_INVALID`, so that any ordered database can carry a store.
 * A value holds the largest single entry: 1 MiB of text, 64 KiB of metadata, and what frames them.
 */
export const KEY_BYTES_MAX = 1024
export const VALUE_BYTES_MAX: number = 1152 * 1024
/** Conditions of one commit. */
export const EXPECTATIONS_MAX = 1024

/** Where a commit stands in the one total order of the store. */
export interface CommitPlace {
  /** Number of the commit; the store's creation is 0. */
  readonly sequence: number
  /** Commit time in milliseconds since 1970; it never goes back from one commit to the next. */
  readonly time: number
}

export type Operation =
  | { readonly type: 'put'; readonly database: string; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly database: string; readonly key: Uint8Array }

export interface CommitContent {
  readonly facts: AuditFacts
  /** Applied in order; values are plain here and sealed by the store. The store takes ownership of all bytes. */
  readonly operations: readonly Operation[]
  /** Kept by a journal beside the facts, for the store's own use: in no leaf and no row; at most 256 KiB. */
  readonly detail?: Uint8Array | undefined
}

/** `sync`: durable when the promise settles. `relaxed`: in order and atomic, durable within `RELAXED_SYNC_MS`. */
export type Durability = 'sync' | 'relaxed'

/** What a commit depends on: a key, or a range of keys, that no commit behind `since` has touched. */
export type Expectation = {
  readonly database: string
  /** `sequence` of the store as it was when the place was read; commits in flight are behind it too. */
  readonly since: number
} & ({ readonly key: Uint8Array } | { readonly range: KeyRange })

export interface CommitOptions {
  readonly durability?: Durability
  /** For deletes and administrative acts: may use the last per cent of the quota. */
  readonly privileged?: boolean
  /** Bytes the commit will have at most; quota and disk space are checked with it before `build` runs. */
  readonly estimatedBytes?: number
  /**
   * Conditions, at most `EXPECTATIONS_MAX`, asked before `build` runs: when one is not met, nothing is written, and the commit is
   * refused with COMMIT_CONFLICT, whose details name the database and the reason: `changed`, or `too-old` when so much was
   * written meanwhile that nobody knows.
   */
  readonly expects?: readonly Expectation[]
  /** Takes the seat of the present call of `jointly`; says nothing outside of one, or when the seat is taken. */
  readonly joins?: boolean
  /**
   * Called once the commit is durable, in the turn in which it becomes visible: what a caller keeps in memory of the
   * rows can change together with them. Must not throw.
   */
  readonly onVisible?: (place: CommitPlace) => void
  /**
   * Called in the turn of the call, once nothing can refuse the commit any more but another part of its transaction, and a write that
   * fails: what a caller keeps in memory of the rows can change here instead of in `build`. Must not throw.
   */
  readonly onAccepted?: (place: CommitPlace) => void
  /**
   * Called when the commit is refused after `build` was called, before anybody else is: what `build` changed in
   * memory can be put back before something is built on top of it. Must not throw.
   */
  readonly onRefused?: () => void
}

/** What a keyed hash stands for. */
export interface HashedName {
  /** Which key: one for names of topics, one for what leaves tell of, one for everything else. */
  readonly purpose: 'topic' | 'resource' | 'blind'
  /** What kind of name it is, 1 to 64 characters of ASCII: who may choose a name of one kind learns nothing of another. */
  readonly label: string
  readonly value: Uint8Array
}

/** What a key of its own is derived for. */
export interface SubkeyName {
  readonly purpose: 'chunk-id' | 'ipc'
  /** 1 to 64 characters of ASCII. */
  readonly label: string
}

/** A range of keys: `from` inclusive, `to` exclusive, both optional. */
export interface KeyRange {
  readonly from?: Uint8Array
  readonly to?: Uint8Array
}

export interface ScanOptions {
  readonly reverse?: boolean
  readonly limit?: number
  /** Leaves `value` empty; keys are cheaper than values, and are not authenticated by themselves. */
  readonly keysOnly?: boolean
}

export interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Reads of one state. Every value returned is authenticated and bound to its place, else `RECORD_TAMPERED`.
 * An absent key is `undefined`.
 */
export interface StoreReader {
  get(database: string, key: Uint8Array): Promise<Uint8Array | undefined>
  getMany(database: string, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  /** Rows in key order, a page at a time, so that a row costs no promise. */
  scan(database: string, range: KeyRange, options?: ScanOptions): AsyncIterable<readonly Row[]>
}

/** Reads within the call, for paths on which a promise for each row would cost more than the row. */
export interface SynchronousReads {
  /** As `get`, of the state of this turn: nothing becomes visible between two reads of one turn. */
  getSync(database: string, key: Uint8Array): Uint8Array | undefined
}

/**
 * Ordered, atomic, durable, encrypted rows in several databases.
 *
 * - A commit is applied whole or not at all, over all databases it touches.
 * - With `sync` durability it survives a power cut once the promise settled.
 * - `build` runs inside the call, and sequences follow the order of the calls. What it throws refuses the commit
 *   before a sequence is taken.
 * - A settled commit is seen by every later read.
 * - Whoever acts (`actingAs`) when `commit` is called stands in the facts of the commit, where they name the application.
 * - A scan is not a view of one state: it sees every commit that was settled when it began, and may see later ones.
 * - After a failed write the store is poisoned: later commits fail with `STORE_FAILED`, reads go on.
 */
export interface Store extends StoreReader, AsyncDisposable {
  /** 16 random bytes chosen at creation. */
  readonly id: Uint8Array
  readonly databases: readonly string[]
  /** The last commit that reads can see. */
  readonly sequence: number
  /** Undefined where rows lie elsewhere, as in a database behind a network: then every read is awaited. */
  readonly synchronousReads: SynchronousReads | undefined
  commit(build: (place: CommitPlace) => CommitContent, options?: CommitOptions): Promise<CommitPlace>
  /**
   * Runs calls side by side of which each makes one commit that `joins`, and commits these as one transaction, in the order of the
   * calls: each has a sequence and a leaf of its own, and after a crash and for every reader there are all of them or none. When a
   * call ends by an error before its commit, or one of the commits is refused, none is written, and every call ends by an error:
   * `COMMIT_ABANDONED` where another one was refused. A call must not wait for another one.
   * @returns how each call ended
   */
  jointly(calls: readonly (() => Promise<unknown>)[]): Promise<readonly PromiseSettledResult<unknown>[]>
  /**
   * Refuses rows that a commit would be refused for, so that they can be known to fit before anything changes.
   * @returns the bytes of their keys and values
   * @throws COMMIT_INVALID, DATABASE_OFFLINE
   */
  checkOperations(operations: readonly Operation[]): number
  /**
   * Gives the room that deleted and overwritten rows of a range still take back to the file system, as far as the
   * store can; costs reading and writing what is left there. Nothing is lost when it is cut short.
   */
  reclaim(database: string, range: { readonly from: Uint8Array; readonly to: Uint8Array }): Promise<void>
  /**
   * HMAC-SHA256 of `label length u8 | label | value` under a key of the store that is never rotated by policy, cut to 16 bytes:
   * hides names in keys and leaves. Two labels never hash alike, whatever their values are.
   */
  keyedHash(named: HashedName): Uint8Array
  /**
   * A key of 32 bytes for hashes that the caller computes, such as those of contents: HKDF-SHA256 of a key of the store that is never
   * rotated by policy, with the length-prefixed label. The same whenever it is asked for; two labels never give one key, and no
   * `keyedHash` tells it. The caller wipes it.
   */
  subkey(named: SubkeyName): Uint8Array
  /** Idempotent; waits for commits in flight. */
  close(): Promise<void>
}
