import type { KeyProvider } from '../provider/key-provider.ts'
import type { ShredKeys } from '../shred/shred-keys.ts'
import type { ShredStore } from '../shred/shred-store.ts'
import type { Signer } from '../signing/ed25519.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { SuiteName } from '../suite/suite.ts'
import type { KeyInfo } from './data-key.ts'
import type { IndexPurpose } from './index-keys.ts'
import type { CopyName } from './keyring-file.ts'
import type { KeyUses } from './rotation.ts'
import type { SlotInfo } from './slot.ts'

/** The keys of one store, unlocked. */
export interface Keyring {
  readonly suite: SuiteName
  /** Rises with every change of keys or slots; reserving seals is none. */
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
   * A key of 32 bytes, HKDF-SHA256 of the index key of a purpose with the length-prefixed label; stable for the life of the store. The
   * caller wipes it.
   * @throws CRYPTO_LOCKED
   */
  subkey(purpose: IndexPurpose, label: string): Uint8Array
  /**
   * HMAC-SHA256 for a file that is read before unlocking and checked after, under the master key: files of the first
   * stores bear it. It changes when the master key does.
   * @throws CRYPTO_LOCKED
   */
  fileMac(label: string, bytes: Uint8Array): Uint8Array
  /**
   * The same under the index key, which lasts as long as the store.
   * @throws CRYPTO_LOCKED
   */
  lastingMac(label: string, bytes: Uint8Array): Uint8Array
  /** The slot whose secret opened the keyring. */
  readonly openedSlot: number
  /** When the master key was made, ms since 1970. */
  readonly masterCreatedMs: number
  /**
   * Gives a scope a new key to seal with; what the old one sealed still opens. Values move when they are sealed again.
   * @throws CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, STORE_OPTION_INVALID for the index key, CRYPTO_LOCKED, IO_FAILED
   */
  rotateData(scope: string): Promise<KeyInfo>
  /**
   * Replaces the master key by a new one, at once and without touching data.
   * @param providers together they must open every slot
   * @throws KEY_PROVIDER_FAILED naming a slot that none opens, CRYPTO_LOCKED, IO_FAILED
   */
  rotateMaster(providers: readonly KeyProvider[]): Promise<void>
  /**
   * Destroys a key that nothing is sealed under any more, in both copies.
   * @throws KEY_IN_USE, KEY_UNKNOWN, CRYPTO_LOCKED, IO_FAILED
   */
  destroyKey(uses: KeyUses): Promise<void>
  /** @throws STORE_OPTION_INVALID, CRYPTO_LOCKED, IO_FAILED, and what the provider throws */
  addSlot(provider: KeyProvider): Promise<SlotInfo>
  /** @throws KEY_SLOT_UNKNOWN, KEY_SLOT_LAST, CRYPTO_LOCKED, IO_FAILED */
  removeSlot(id: number): Promise<void>
  /**
   * Keys that can be erased one by one, kept in a store of their own.
   * @param o.finishErasures false leaves those that a crash cut short as they are: their keys open nothing all the same
   * @throws KEYRING_DAMAGED, CRYPTO_SUITE_REFUSED, IO_FAILED, CRYPTO_LOCKED
   */
  openShredKeys(store: ShredStore, o?: { readonly finishErasures?: boolean | undefined }): Promise<ShredKeys>
  /**
   * Writes the keyring under at least this revision, so that none of those before can pass for it.
   * @throws CRYPTO_LOCKED, IO_FAILED
   */
  raiseRevision(revision: number): Promise<void>
  /** Whether any shred key was ever made. */
  readonly hasShredKeys: boolean
  /** Whether a secret opens one of the slots. @throws what the provider throws */
  accepts(provider: KeyProvider): Promise<boolean>
  /**
   * The keys that sign now, the newest first: one that was replaced signs for `SIGNING_OVERLAP_MS` more. None before
   * `ensureScopes` was asked for `SIGNING_SCOPE`.
   */
  signers(): readonly Signer[]
  /**
   * The key that `rotateData` of `SIGNING_SCOPE`, or `replaceSigner`, puts in force next: durable already, so that it can
   * be told of before.
   * @param o.alone for `replaceSigner`, which no number of keys beside it keeps from it
   * @throws CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, CRYPTO_LOCKED, IO_FAILED
   */
  nextSigner(o?: { readonly alone?: boolean | undefined }): Promise<Signer>
  /**
   * The next signing key is put in force alone: those before are destroyed and sign nothing more.
   * @throws CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, CRYPTO_LOCKED, IO_FAILED
   */
  replaceSigner(): Promise<Signer>
  /** Ids of signing keys that sign no more, and wait to be destroyed. */
  retiredSigners(): readonly number[]
  list(): KeyInfo[]
  slots(): SlotInfo[]
  /** Wipes the keys as far as JavaScript can; every later use throws CRYPTO_LOCKED. Call {@link flush} before. */
  lock(): void
  /** Waits for keyring writes under way. It does not reject: a failed reservation is reported by the seal that needs it. */
  flush(): Promise<void>
}
