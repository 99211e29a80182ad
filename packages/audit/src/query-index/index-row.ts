/**
 * Rows of the query index; `docs/format.md`, "Audit database". A value stands there as a keyed hash only, and a row says
 * nothing but that its bundle has that value.
 */
import { ByteWriter } from '@forgeone/common'

const INDEX = 0x78 // x
const INDEXED_FROM = 0x79 // y
const PREFIX_BYTES = 10
const KEY_BYTES = 18
const VERSION = 1

/** `01`: everything else is in the key. */
export const INDEX_ROW_VALUE: Uint8Array = Uint8Array.of(VERSION)

export function isIndexRowValue(value: Uint8Array): boolean {
  return value.length === 1 && value[0] === VERSION
}

/** `x | dimension u8 | hash 8`: what the rows of one value begin with. */
export function indexPrefix({ dimension, hash }: { dimension: number; hash: Uint8Array }): Uint8Array {
  return new ByteWriter(PREFIX_BYTES).u8(INDEX).u8(dimension).bytes(hash).finish()
}

/** `prefix | bundle u64`. */
export function indexRowKey(prefix: Uint8Array, bundle: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  key.set(prefix)
  // By hand: a DataView and a BigInt for each row cost more than all else of it.
  let rest = bundle
  for (let at = KEY_BYTES - 1; rest > 0; at--) {
    key[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return key
}

/** @returns undefined for a key of another form */
export function bundleOfIndexRow(key: Uint8Array): number | undefined {
  if (key.length !== KEY_BYTES || key[0] !== INDEX) return undefined
  const bundle = new DataView(key.buffer, key.byteOffset).getBigUint64(PREFIX_BYTES)
  return bundle > Number.MAX_SAFE_INTEGER ? undefined : Number(bundle)
}

/** All rows of the index. */
export const INDEX_ROWS: { readonly from: Uint8Array; readonly to: Uint8Array } = {
  from: Uint8Array.of(INDEX),
  to: Uint8Array.of(INDEX + 1),
}

/** `y | size u64`: from which bundle on the index was complete at that size. */
export function indexedFromKey(size: number): Uint8Array {
  return new ByteWriter(KEY_BYTES).u8(INDEXED_FROM).u64(size).finish()
}
