// What every cipher suite offers. A suite is a table row: adding one never adds a parser.

/** Names as users write them; the ids stand in sealed values and are never reused. */
export type SuiteName = 'none' | 'aes-256-gcm' | 'chacha20-poly1305' | 'xchacha20-poly1305'

/** Sealed v1 starts with version u8, suite u8, key id u32; the nonce follows. */
export const HEADER_BYTES = 6

/** What one seal needs. */
export interface SealFrame {
  /** Authenticated, not stored. Borrowed. */
  readonly aad: Uint8Array
  /** Borrowed. */
  readonly plain: Uint8Array
  /** Holds header and nonce already; the suite writes everything after the nonce. */
  readonly out: Uint8Array
}

/** A key made ready for one suite. */
export interface SuiteKey {
  /** Writes ciphertext and tag behind the nonce in `out`. */
  seal(frame: SealFrame): void
  /** @returns the plaintext in memory of its own, or undefined when the value is not authentic */
  open(frame: { readonly aad: Uint8Array; readonly sealed: Uint8Array }): Uint8Array | undefined
  /** Forgets the key as far as JavaScript can. */
  wipe(): void
}

/** One row of the suite table. */
export interface Suite {
  readonly id: number
  readonly name: SuiteName
  readonly nonceBytes: number
  readonly tagBytes: number
  /** Seals one key may make before it must be replaced; undefined when the suite has no nonce to collide. */
  readonly sealsMax: number | undefined
  /** @param key 32 bytes, borrowed: the caller wipes it */
  createKey(key: Uint8Array): SuiteKey | Promise<SuiteKey>
}

/** A suite whose keys are ready at once. */
export interface SynchronousSuite extends Suite {
  createKey(key: Uint8Array): SuiteKey
}
