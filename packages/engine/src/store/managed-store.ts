import type { ForgeError } from '@forgeone/common'
import type { ShredKeys, SuiteName } from '@forgeone/crypto'
import type { HealthReport } from '../health/health.ts'
import type { KeyRotation } from '../rotation/key-rotation.ts'
import type { Store } from '../port/store.ts'

/** What whoever manages a store needs of it beside rows and commits: its keys, its health, and its room. */
export interface ManagedStore extends Store {
  /** Rotation of keys, and the ways to unlock them. */
  readonly keys: KeyRotation
  /** 16 hexadecimal digits: the name of its log, with the id of the store. */
  readonly generation: string
  /** Where it lies; undefined for one in memory. */
  readonly path: string | undefined
  /** What new values are sealed with. */
  readonly suite: SuiteName
  /** Databases set aside because they are damaged. */
  readonly offlineDatabases: readonly string[]
  /** Commit time of the last commit. */
  readonly lastTime: number
  /** Whether a database is there and not set aside. */
  isOnline(database: string): boolean
  /**
   * Keys that are erased one by one, opened when first asked for.
   * @throws DATABASE_DAMAGED, KEYRING_DAMAGED, IO_FAILED
   */
  shredKeys(): Promise<ShredKeys>
  health(): HealthReport
  /** For what is written beside the commits, and before the one that tells of it. @throws why a commit into the database is refused */
  assertWritable(database: string): void
  /**
   * Refuses every commit with this error from now on, and accepts them again when it is taken back; what was submitted before
   * is written. Reads go on.
   */
  refuseWrites(error: ForgeError | undefined): void
  /** Notes a problem outside the engine in the health of the store, or takes back those noted for this place. */
  reportProblem(problem: ForgeError | undefined, where: string): void
  /**
   * The store bears another generation when it is opened next: a new name for its log, under which nothing was signed.
   * @param generation 16 random hexadecimal digits @throws IO_FAILED
   */
  beginGeneration(generation: string): Promise<void>
  bytesOnDisk(): number
  /** Takes a flush point now and lets the journal before it go. @throws STORAGE_FULL, QUOTA_EXCEEDED, STORE_FAILED */
  flush(): Promise<void>
}
