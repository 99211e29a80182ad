import type { AuditFacts, Clock, CommitObserver, Logger, Metrics, Random } from '@forgeone/common'
import type { Keyring, KeyProvider, SuiteName } from '@forgeone/crypto'
import type { Backend } from '../database/backend.ts'
import type { StoreFiles } from '../files/store-files.ts'
import type { WatchedScope } from '../state/state-roots.ts'
import type { KeyCopies } from '../port/key-use-counts.ts'
import type { Durability, Store } from '../port/store.ts'

/** Makes the observer of a store once the store and its keys are known. */
export interface ObserverSource {
  readonly database: string
  /** Of rows that it writes outside the journal, once each: after a crash the last of them are looked for in LevelDB's log. */
  readonly notesKeyspace?: number | undefined
  create(o: {
    readonly storeId: Uint8Array
    /** 16 hexadecimal digits, new after a restore or clone. */
    readonly generation: string
    readonly keyring: Keyring
  }): Promise<CommitObserver>
}

/** How a `LocalStore` is opened. */
export interface LocalStoreOptions {
  /** Directory of the store. Leave it out, together with giving `files` and `backend`, for a store elsewhere. */
  readonly path?: string | undefined
  /** Databases the caller needs; those that an existing store lacks are added. */
  readonly databases: readonly string[]
  readonly provider: KeyProvider
  /** What follows every commit, with rows in a database of its own, which `databases` must name. */
  readonly observer?: ObserverSource | undefined
  /**
   * Databases whose rows every flush point and clean close describe in a commit, so that opening notices an older row that
   * was put back. All their rows are read for it: they should be few, or change seldom.
   */
  readonly stateScopes?: readonly WatchedScope[] | undefined
  /** Asked about the facts of every commit; throws to refuse it. */
  readonly checkFacts?: ((facts: AuditFacts) => void) | undefined
  /** A database whose rows are not those that were described serves all the same; `recovery.acceptedStates` names it. */
  readonly acceptState?: boolean | undefined
  /** `always`: refuse an existing store; `if-missing` (default): create one where none is; `never`: open only. */
  readonly create?: 'always' | 'if-missing' | 'never' | undefined
  /** Waits so long for a store that somebody else has open, instead of failing at once; default 0. */
  readonly lockWaitMs?: number | undefined
  /** Suite of a new store; default `aes-256-gcm`. */
  readonly suite?: SuiteName | undefined
  /** Suites to rely on, default all: a store of another is not opened, and not created. */
  readonly allowedSuites?: readonly SuiteName[] | undefined
  /** Of commits that do not say; default `sync`. */
  readonly durability?: Durability | undefined
  /** Quota over journal and databases. */
  readonly maxBytes?: number | undefined
  /** Network file systems lose locks and fsyncs; only with this are they accepted. */
  readonly allowUnsafeFilesystem?: boolean | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
  /** What lies elsewhere under keys of this store: no key is destroyed that something needs. */
  readonly copies?: ((store: Store) => KeyCopies) | undefined
  /** Commits behind this one stay in the journal while opening, while the store is open, and on closing. */
  readonly holdJournalFrom?: number | undefined
  /** Injected by tests and simulations. */
  readonly files?: StoreFiles | undefined
  readonly backend?: Backend | undefined
  /** Time between a change of watched rows and their description; default `DESCRIBE_AFTER_MS`. */
  readonly describeAfterMs?: number | undefined
  /** Journal bytes between two flush points; default `FLUSH_POINT_BYTES`. */
  readonly flushPointBytes?: number | undefined
  /** Rest after which a flush point lets go what the journal holds beside the tables; default `IDLE_FLUSH_MS`. */
  readonly idleFlushMs?: number | undefined
}
