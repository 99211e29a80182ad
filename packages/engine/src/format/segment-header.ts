import { asBuffer, ByteWriter, crc32c, equalBytes, utf8Encode } from '@forgeone/common'

/** `FORGEWAL` | version u8 | store id 16 B | segment u64 | first sequence u64 | previous digest 32 B | crc32c u32 */
export const SEGMENT_HEADER_BYTES = 77

/** A segment ends behind the frame that crosses 16 MiB; a frame has 32 MiB, and 256 KiB are written ahead of small ones. */
export const SEGMENT_FILE_BYTES_MAX: number = 49 * 1024 * 1024

const MAGIC = utf8Encode('FORGEWAL')
const SEGMENT_VERSION = 1

export interface SegmentHeader {
  readonly storeId: Uint8Array
  readonly segment: number
  /** Sequence of the first commit of the first frame. */
  readonly firstSequence: number
  /** Digest of the last frame of the segment before, so that the chain crosses files. */
  readonly previousDigest: Uint8Array
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const writer = new ByteWriter(SEGMENT_HEADER_BYTES)
    .bytes(MAGIC)
    .u8(SEGMENT_VERSION)
    .bytes(header.storeId)
    .u64(header.segment)
    .u64(header.firstSequence)
    .bytes(header.previousDigest)
  return writer.u32(crc32c(writer.view())).finish()
}

/** @returns the header, or why these bytes are none */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | 'short' | 'damaged' | 'newer' {
  if (bytes.length < SEGMENT_HEADER_BYTES) return 'short'
  const buffer = asBuffer(bytes)
  if (!equalBytes(bytes.subarray(0, 8), MAGIC)) return 'damaged'
  if (buffer.readUInt32BE(SEGMENT_HEADER_BYTES - 4) !== crc32c(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)))
    return 'damaged'
  if (bytes[8] !== SEGMENT_VERSION) return 'newer'
  return {
    storeId: bytes.slice(9, 25),
    segment: Number(buffer.readBigUInt64BE(25)),
    firstSequence: Number(buffer.readBigUInt64BE(33)),
    previousDigest: bytes.slice(41, 73),
  }
}

export const SEGMENT_NAME_PATTERN: RegExp = /^\d{12}\.wal$/

export function segmentName(segment: number): string {
  return `${String(segment).padStart(12, '0')}.wal`
}
