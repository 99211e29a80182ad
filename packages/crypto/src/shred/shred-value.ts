// Sealed values of version 2, under a shred key: 02 | suite u8 = 03 | ref 16 B | nonce 24 B | ciphertext | tag 16 B.
// Associated data: the 18 bytes before the nonce, then part count u8 and lp(part)….

import { ByteWriter, ForgeError } from '@forgeone/common'
import { AAD_BYTES_MAX } from '../sealing/associated-data.ts'
import { SEAL_BYTES_MAX } from '../sealing/sealed-header.ts'
import { xChaCha20Poly1305 } from '../suite/xchacha20-poly1305.ts'
import { HEADER_BYTES, type SuiteKey } from '../suite/suite.ts'
import { SHRED_REF_BYTES } from './shred-rows.ts'

/** Version of sealed values under shred keys. */
export const SHRED_VALUE_VERSION = 2
const SHRED_HEADER_BYTES = 2 + SHRED_REF_BYTES
const { nonceBytes: NONCE_BYTES, tagBytes: TAG_BYTES } = xChaCha20Poly1305
const OVERHEAD_BYTES = SHRED_HEADER_BYTES + NONCE_BYTES + TAG_BYTES

/**
 * The reference that a value of version 2 names.
 * @throws CRYPTO_FORMAT
 */
export function shredRefOf(sealed: Uint8Array): Uint8Array {
  if (
    sealed.length < OVERHEAD_BYTES ||
    sealed[0] !== SHRED_VALUE_VERSION ||
    sealed[1] !== xChaCha20Poly1305.id
  ) {
    throw new ForgeError('CRYPTO_FORMAT', `${sealed.length} bytes are no value under a shred key`)
  }
  return sealed.slice(2, SHRED_HEADER_BYTES)
}

/** @param o.place what the value is bound to; borrowed, like all bytes here @throws CRYPTO_VALUE_TOO_LARGE */
export function sealShredValue(o: {
  readonly key: SuiteKey
  readonly ref: Uint8Array
  readonly place: readonly Uint8Array[]
  readonly value: Uint8Array
  readonly nonce: Uint8Array
}): Uint8Array {
  const { key, ref, place, value, nonce } = o
  if (value.length > SEAL_BYTES_MAX) {
    throw new ForgeError(
      'CRYPTO_VALUE_TOO_LARGE',
      `a value of ${value.length} bytes is above ${SEAL_BYTES_MAX}`,
    )
  }
  // The suite writes behind a header of its own length; the longer one of version 2 is put before its last bytes.
  const inner = new Uint8Array(HEADER_BYTES + NONCE_BYTES + value.length + TAG_BYTES)
  inner.set(nonce, HEADER_BYTES)
  key.seal({ aad: placeOf(ref, place), plain: value, out: inner })
  const out = new Uint8Array(OVERHEAD_BYTES + value.length)
  out.set(headerOf(ref))
  out.set(inner.subarray(HEADER_BYTES), SHRED_HEADER_BYTES)
  return out
}

/** @throws CRYPTO_FORMAT, CRYPTO_OPEN_FAILED when it is not authentic at its place */
export function openShredValue(o: {
  readonly key: SuiteKey
  readonly place: readonly Uint8Array[]
  readonly sealed: Uint8Array
}): Uint8Array {
  const ref = shredRefOf(o.sealed)
  const inner = new Uint8Array(o.sealed.length - SHRED_HEADER_BYTES + HEADER_BYTES)
  inner.set(o.sealed.subarray(SHRED_HEADER_BYTES), HEADER_BYTES)
  const plain = o.key.open({ aad: placeOf(ref, o.place), sealed: inner })
  if (plain !== undefined) return plain
  throw new ForgeError('CRYPTO_OPEN_FAILED', 'a value under a shred key is not authentic at its place')
}

function headerOf(ref: Uint8Array): Uint8Array {
  return new ByteWriter().u8(SHRED_VALUE_VERSION).u8(xChaCha20Poly1305.id).bytes(ref).finish()
}

function placeOf(ref: Uint8Array, place: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter().bytes(headerOf(ref)).u8(place.length)
  for (const part of place) writer.prefixed(part)
  if (writer.length > AAD_BYTES_MAX) {
    throw new ForgeError(
      'CRYPTO_VALUE_TOO_LARGE',
      `the place of a value takes more than ${AAD_BYTES_MAX} bytes`,
    )
  }
  return writer.finish()
}
