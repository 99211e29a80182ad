import { concatBytes, crc32c } from '@forgeone/common'
import { getU48, setU48, viewOf } from '../table/fixed-bytes.ts'

const SCHEMA = 1
const FLAG_NEGATIVE = 1
const FLAG_COMPRESSED = 2
const FLAG_FINGERPRINT = 4
const FLAG_PAGED = 8
const FLAGS_KNOWN = FLAG_NEGATIVE | FLAG_COMPRESSED | FLAG_FINGERPRINT | FLAG_PAGED
export const FINGERPRINT_BYTES = 8
const NO_FINGERPRINT = new Uint8Array(FINGERPRINT_BYTES)
const FINGERPRINT_AT = 20
const CRC_AT = FINGERPRINT_AT + FINGERPRINT_BYTES
export const VALUE_HEADER_BYTES: number = CRC_AT + 4
/** The latest time that six bytes hold. */
export const TIME_MAX: number = 2 ** 48 - 1

/** What a stored value says about itself. */
export interface EntryHeader {
  readonly isNegative: boolean
  readonly isCompressed: boolean
  /** One of several pages; the body of the first begins with their number as u16. */
  readonly isPaged: boolean
  readonly parserVersion: number
  readonly createdAt: number
  readonly expiresAt: number
  /** Bytes of the body before it was compressed. */
  readonly rawLength: number
  readonly fingerprint: Uint8Array | undefined
}

/**
 * `schema u8 | flags u8 | parser version u16 | created u48 | expires u48 | raw length u32 | fingerprint 8 B |
 * crc32c u32 | body`. The checksum covers the key too, so that a value under another key is found out.
 */
export function encodeEntry(key: Uint8Array, header: EntryHeader, body: Uint8Array): Uint8Array {
  const value = new Uint8Array(VALUE_HEADER_BYTES + body.length)
  const view = viewOf(value)
  value[0] = SCHEMA
  value[1] =
    (header.isNegative ? FLAG_NEGATIVE : 0) |
    (header.isCompressed ? FLAG_COMPRESSED : 0) |
    (header.isPaged ? FLAG_PAGED : 0) |
    (header.fingerprint === undefined ? 0 : FLAG_FINGERPRINT)
  view.setUint16(2, header.parserVersion)
  setU48(view, 4, header.createdAt)
  setU48(view, 10, Math.min(header.expiresAt, TIME_MAX))
  view.setUint32(16, header.rawLength)
  value.set(header.fingerprint ?? NO_FINGERPRINT, FINGERPRINT_AT)
  value.set(body, VALUE_HEADER_BYTES)
  view.setUint32(CRC_AT, checksum(key, value))
  return value
}

/** @returns undefined for what was not written by {@link encodeEntry} under this key */
export function decodeEntry(
  key: Uint8Array,
  value: Uint8Array,
): { readonly header: EntryHeader; readonly body: Uint8Array } | undefined {
  if (value.length < VALUE_HEADER_BYTES || value[0] !== SCHEMA) return undefined
  const view = viewOf(value)
  const flags = value[1]!
  if ((flags & ~FLAGS_KNOWN) !== 0 || view.getUint32(CRC_AT) !== checksum(key, value)) return undefined
  const hasFingerprint = (flags & FLAG_FINGERPRINT) !== 0
  return {
    header: {
      isNegative: (flags & FLAG_NEGATIVE) !== 0,
      isCompressed: (flags & FLAG_COMPRESSED) !== 0,
      isPaged: (flags & FLAG_PAGED) !== 0,
      parserVersion: view.getUint16(2),
      createdAt: getU48(view, 4),
      expiresAt: getU48(view, 10),
      rawLength: view.getUint32(16),
      fingerprint: hasFingerprint ? value.slice(FINGERPRINT_AT, CRC_AT) : undefined,
    },
    body: value.slice(VALUE_HEADER_BYTES),
  }
}

/** When a value ends, also of one that is damaged elsewhere: its rows are found by that. */
export function expiresAtOf(value: Uint8Array): number | undefined {
  return value.length < VALUE_HEADER_BYTES ? undefined : getU48(viewOf(value), 10)
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32c(concatBytes([key, value.subarray(0, CRC_AT), value.subarray(VALUE_HEADER_BYTES)]))
}
