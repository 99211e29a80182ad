import { ForgeError } from '@forgeone/common'
import { HEADER_BYTES } from '../suite/suite.ts'

/** Version of sealed values under data keys. */
export const SEALED_VERSION = 1

/** A value longer than this is refused: one seal holds plaintext and ciphertext in memory at once. */
export const SEAL_BYTES_MAX: number = 64 * 1024 * 1024

/** The clear start of a sealed value. It is authenticated, but only once the value was opened. */
export interface SealedHeader {
  readonly version: number
  readonly suite: number
  readonly keyId: number
}

/**
 * Reads the clear header of a sealed value without opening it.
 * @throws CRYPTO_FORMAT when it is too short or of another version
 */
export function readSealedHeader(sealed: Uint8Array): SealedHeader {
  if (sealed.length < HEADER_BYTES) {
    throw new ForgeError('CRYPTO_FORMAT', `a sealed value of ${sealed.length} bytes has no header`)
  }
  const version = sealed[0]!
  if (version !== SEALED_VERSION) {
    throw new ForgeError('CRYPTO_FORMAT', `a sealed value has version ${version}, which is unknown`)
  }
  return { version, suite: sealed[1]!, keyId: readKeyId(sealed) }
}

/** The key id at its fixed place; the caller has checked the length. */
export function readKeyId(sealed: Uint8Array): number {
  return sealed[2]! * 0x100_0000 + ((sealed[3]! << 16) | (sealed[4]! << 8) | sealed[5]!)
}

/** Writes version, suite and key id at the start of `target`. */
export function writeSealedHeader(target: Uint8Array, suite: number, keyId: number): void {
  target[0] = SEALED_VERSION
  target[1] = suite
  target[2] = keyId >>> 24
  target[3] = keyId >>> 16
  target[4] = keyId >>> 8
  target[5] = keyId
}
