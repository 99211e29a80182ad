// Rows of the vault database. Keys: `m` path id 16 B (metadata) · `v` path id 16 B, version u32 (a value under its own
// shred key) · `l` lease id 16 B (a lease) · `s` (how the vault was sealed). A path id is a keyed hash: no path stands here.

import { ByteWriter, compareBytes, concatBytes, fromHex, utf8Encode } from '@forgeone/common'
import type { KeyRange } from '@forgeone/engine'

const METADATA = utf8Encode('m')
const VALUE = utf8Encode('v')
const LEASE = utf8Encode('l')

interface WholeRange extends KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

export const SEALED_KEY: Uint8Array = utf8Encode('s')
export const ALL_METADATA: WholeRange = { from: METADATA, to: utf8Encode('n') }
export const ALL_LEASES: WholeRange = { from: LEASE, to: utf8Encode('m') }

export function isInRange(key: Uint8Array, { from, to }: WholeRange): boolean {
  return compareBytes(key, from) >= 0 && compareBytes(key, to) < 0
}

export function metadataKey(pathId: Uint8Array): Uint8Array {
  return concatBytes([METADATA, pathId])
}

export function valueKey(pathId: Uint8Array, version: number): Uint8Array {
  return new ByteWriter().bytes(VALUE).bytes(pathId).u32(version).finish()
}

export function leaseKey(id: string): Uint8Array {
  return concatBytes([LEASE, fromHex(id)!])
}

/** What a value is sealed for: the path; its version is bound by the reference of its key, which the metadata names. */
export function valuePlace(pathId: Uint8Array): readonly Uint8Array[] {
  return [utf8Encode('vault'), VALUE, pathId]
}
