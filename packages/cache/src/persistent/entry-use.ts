import { viewOf } from '../table/fixed-bytes.ts'

export const USE_BYTES = 8

/** Value of an expiry row: the bucket of the entry's recency row, and the bucket in which it was used last. */
export interface EntryUse {
  /** At or before `last`; equal once eviction has moved the recency row. */
  readonly row: number
  readonly last: number
}

/** `row u32 | last u32`, hours since 1970 */
export function encodeUse({ row, last }: EntryUse): Uint8Array {
  const bytes = new Uint8Array(USE_BYTES)
  viewOf(bytes).setUint32(0, row)
  viewOf(bytes).setUint32(4, last)
  return bytes
}

export function decodeUse(bytes: Uint8Array | undefined): EntryUse | undefined {
  if (bytes?.length !== USE_BYTES) return undefined
  const view = viewOf(bytes)
  return { row: view.getUint32(0), last: view.getUint32(4) }
}
