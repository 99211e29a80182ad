// Rows of the shred store. Keys: `k` ref 16 B (a wrapped key) · `o` owner 16 B, ref 16 B (whose it is) · `e` id 16 B
// (an erasure). The owner is a keyed hash: no name stands here.

import { ByteReader, ByteWriter, concatBytes, copyBytes, utf8Encode } from '@forgeone/common'

/** Bytes of the reference to a shred key. The first one is its bucket. */
export const SHRED_REF_BYTES = 16
export const OWNER_BYTES = 16
export const ERASURE_ID_BYTES = 16

const KEY = utf8Encode('k')
const OWNER = utf8Encode('o')
const ERASURE = utf8Encode('e')
const ERASURE_VERSION = 1

export function keyRow(ref: Uint8Array): Uint8Array {
  return concatBytes([KEY, ref])
}

export function ownerRow(owner: Uint8Array, ref: Uint8Array): Uint8Array {
  return concatBytes([OWNER, owner, ref])
}

/** The reference at the end of a key or owner row's key. */
export function refOf(rowKey: Uint8Array): Uint8Array {
  return rowKey.slice(-SHRED_REF_BYTES)
}

export function erasureRow(id: Uint8Array): Uint8Array {
  return concatBytes([ERASURE, id])
}

export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

export const ALL_KEYS: KeyRange = { from: KEY, to: utf8Encode('l') }
export const ALL_ERASURES: KeyRange = { from: ERASURE, to: utf8Encode('f') }

export function keysOfBucket(bucket: number): KeyRange {
  const next = bucket === 255 ? ALL_KEYS.to : concatBytes([KEY, Uint8Array.of(bucket + 1)])
  return { from: concatBytes([KEY, Uint8Array.of(bucket)]), to: next }
}

export function keysOfOwner(owner: Uint8Array): KeyRange {
  const to = concatBytes([OWNER, owner, new Uint8Array(SHRED_REF_BYTES + 1).fill(0xff)])
  return { from: concatBytes([OWNER, owner]), to }
}

/** An erasure as the register keeps it, for ever: it is replayed after every restore. */
export interface ErasureRow {
  readonly id: Uint8Array
  readonly startedMs: number
  /** 0 while it is under way. */
  readonly doneMs: number
  readonly owner: Uint8Array | undefined
  readonly refs: readonly Uint8Array[]
  /** Bucket keys that it destroyed. */
  readonly bucketKeys: readonly number[]
}

/** version u8 | started u48 | done u48 | owner lp | count varint | refs | count varint | bucket key ids u32 */
export function encodeErasure(row: ErasureRow): Uint8Array {
  const writer = new ByteWriter().u8(ERASURE_VERSION).u48(row.startedMs).u48(row.doneMs)
  writer.prefixed(row.owner ?? new Uint8Array(0)).varint(row.refs.length)
  for (const ref of row.refs) writer.bytes(ref)
  writer.varint(row.bucketKeys.length)
  for (const id of row.bucketKeys) writer.u32(id)
  return writer.finish()
}

/** @throws KEYRING_DAMAGED */
export function decodeErasure(key: Uint8Array, value: Uint8Array): ErasureRow {
  const reader = new ByteReader(value, { code: 'KEYRING_DAMAGED', what: 'a row of the erasure register' })
  const version = reader.u8()
  if (version !== ERASURE_VERSION) throw reader.failure(`the unknown version ${version}`)
  const startedMs = reader.u48()
  const doneMs = reader.u48()
  const owner = reader.prefixed()
  const refs = Array.from({ length: reader.varint() }, () => copyBytes(reader.bytes(SHRED_REF_BYTES)))
  const bucketKeys = Array.from({ length: reader.varint() }, () => reader.u32())
  reader.end()
  return {
    id: key.slice(1),
    startedMs,
    doneMs,
    owner: owner.length === 0 ? undefined : copyBytes(owner),
    refs,
    bucketKeys,
  }
}
