import type { Sealer } from '../sealing/sealer.ts'
import type { SuiteName } from '../suite/suite.ts'
import type { KeyInfo } from './data-key.ts'
import type { IndexPurpose } from './index-keys.ts'
import type { CopyName } from './keyring-file.ts'
import type { SlotInfo } from './slot.ts'

/** The keys of one store, unlocked. */
export interface Keyring {
  readonly suite: SuiteName
  /** Rises with every write of the keyring. */
  readonly revision: number
  /** Copies that were missing or damaged when the keyring was opened. */
  readonly damagedCopies: readonly CopyName[]
  /**
   * A sealer for one keyspace of a scope; cheap to make, meant to be kept. `keyspace` is copied.
   * @throws CRYPTO_LOCKED, CRYPTO_VALUE_TOO_LARGE for a keyspace that fills the associated data
   */
  sealer(scope: string, keyspace: Uint8Array): Sealer
  /**
   * Adds a data key for each scope that has none, durably; keys exist only once this settles.
   * @throws STORE_OPTION_INVALID, CRYPTO_LOCKED, IO_FAILED
   */
  ensureScopes(scopes: readonly string[]): Promise<void>
  /**
   * HMAC-SHA256 under the index key of a purpose, 32 bytes; stable for the life of the store.
   * @throws CRYPTO_LOCKED
   */
  keyedHash(purpose: IndexPurpose, value: Uint8Array): Uint8Array
  /**
   * HMAC-SHA256 for a file that is read before unlocking and checked after.
   * @throws CRYPTO_LOCKED
   */
  fileMac(label: string, bytes: Uint8Array): Uint8Array
  list(): KeyInfo[]
  slots(): SlotInfo[]
  /** Wipes the keys as far as JavaScript can; every later use throws CRYPTO_LOCKED. Call {@link flush} before. */
  lock(): void
  /** Waits for keyring writes under way. It does not reject: a failed reservation is reported by the seal that needs it. */
  flush(): Promise<void>
}
