import type { Operation } from '@forgeone/engine'
import { coldKey } from './keys.ts'

/** A section is cut into values of this size: half of what a value may have, so that any store can carry it. */
export const SEGMENT_BYTES: number = 512 * 1024

/** What the seal adds to a value; for figures only. */
export const SEAL_BYTES = 34

export function segmentCount(bytes: number): number {
  return Math.ceil(bytes / SEGMENT_BYTES)
}

/** Bytes of the sealed pieces of a section or table. */
export function sealedBytes(bytes: number): number {
  return bytes + segmentCount(bytes) * SEAL_BYTES
}

/** Puts the pieces of a section, or of the table, of a cold block. */
export function putSegments(o: {
  readonly database: string
  readonly firstSequence: number
  readonly section: number
  readonly bytes: Uint8Array
}): readonly Operation[] {
  return Array.from({ length: segmentCount(o.bytes.length) }, (_, segment) => ({
    type: 'put',
    database: o.database,
    key: coldKey(o.firstSequence, o.section, segment),
    value: o.bytes.subarray(segment * SEGMENT_BYTES, (segment + 1) * SEGMENT_BYTES),
  }))
}

export function deleteSegments(o: {
  readonly database: string
  readonly firstSequence: number
  readonly section: number
  readonly length: number
}): readonly Operation[] {
  return Array.from({ length: segmentCount(o.length) }, (_, segment) => ({
    type: 'delete',
    database: o.database,
    key: coldKey(o.firstSequence, o.section, segment),
  }))
}
