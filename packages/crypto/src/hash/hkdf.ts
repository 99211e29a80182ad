import { ByteWriter, utf8Encode } from '@forgeone/common'
import { hkdfSync } from 'node:crypto'

/** Every derived key has 32 bytes, whatever it is for. */
export const KEY_BYTES = 32

const INFO_PREFIX = 'forge/v1/'

/** HKDF-SHA256 (RFC 5869), extract and expand. Inputs are borrowed. */
export function hkdfSha256(o: {
  readonly key: Uint8Array
  readonly salt: Uint8Array
  readonly info: Uint8Array
  readonly length: number
}): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', o.key, o.salt, o.info, o.length))
}

/**
 * The key for one purpose: info = `forge/v1/` purpose, then `lp(context)`…; salt = store id.
 * Root keys (slot, master, data, index) are only ever input of this function, never of a cipher.
 */
export function deriveKey(o: {
  readonly key: Uint8Array
  readonly storeId: Uint8Array
  readonly purpose: string
  readonly context?: readonly Uint8Array[]
}): Uint8Array {
  const info = new ByteWriter(64).bytes(utf8Encode(INFO_PREFIX + o.purpose))
  for (const part of o.context ?? []) info.prefixed(part)
  return hkdfSha256({ key: o.key, salt: o.storeId, info: info.view(), length: KEY_BYTES })
}
