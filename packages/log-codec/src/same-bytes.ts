import { asBuffer } from '@forgeone/common'

/** Below this a loop is faster than a native call. */
export const NATIVE_BYTES_MIN = 33

/** Equality of bytes; most strings compared are one object. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true
  if (left.length !== right.length) return false
  if (left.length >= NATIVE_BYTES_MIN) return asBuffer(left).equals(right)
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false
  return true
}
