import { hash } from 'node:crypto'
import { asBuffer, assert, ByteReader, ByteWriter, crc32c } from '@forgeone/common'
import type { Sealer } from '@forgeone/crypto'
import { readCommitRecord, type CommitRecord } from './commit-record.ts'

/**
 * A frame is what one fsync makes durable: the commits of one group, sealed, chained to the frame before.
 *
 *     length u32 | crc32c u32 | first sequence u64 | count u32 | unsynced u32 | digest of the previous frame 32 B | sealed body
 *
 * `length` covers the whole frame, the checksum everything behind itself. `unsynced` counts the commits right before
 * this frame that were not known to be durable when it was written: only those may a crash have torn although this
 * frame is whole. The body is `count` records, each behind its length as u32.
 */
export const FRAME_HEADER_BYTES = 56

/** The smallest sealed body: a v1 seal of an empty value. */
const SEALED_BYTES_MIN = 34

/** Above the largest group (`GROUP_BYTES_MAX`) plus the largest commit; a length beyond is damage. */
export const FRAME_BYTES_MAX: number = 32 * 1024 * 1024

export const DIGEST_BYTES = 32
export const NO_DIGEST: Uint8Array = new Uint8Array(DIGEST_BYTES)

export interface FrameHeader {
  readonly length: number
  readonly firstSequence: number
  readonly count: number
  readonly unsynced: number
  readonly previousDigest: Uint8Array
}

export interface FrameContent {
  readonly firstSequence: number
  /** Commits right before that are not known to be durable. */
  readonly unsynced: number
  readonly previousDigest: Uint8Array
  /** Encoded commit records, in order. */
  readonly records: readonly Uint8Array[]
}

export function sequenceKey(sequence: number): Uint8Array {
  return new ByteWriter(16).u64(sequence).finish()
}

export function encodeFrame(
  { firstSequence, unsynced, previousDigest, records }: FrameContent,
  sealer: Sealer,
): Uint8Array {
  assert(previousDigest.length === DIGEST_BYTES, 'a frame names the 32-byte digest of the frame before')
  const body = new ByteWriter(records.reduce((sum, record) => sum + record.length + 4, 0))
  for (const record of records) body.prefixed(record)
  const sealed = sealer.seal(sequenceKey(firstSequence), body.view())
  const length = FRAME_HEADER_BYTES + sealed.length
  assert(length <= FRAME_BYTES_MAX, 'a frame stays below its limit')
  const frame = new Uint8Array(length)
  const buffer = asBuffer(frame)
  buffer.writeUInt32BE(length, 0)
  frame.set(sequenceKey(firstSequence), 8)
  buffer.writeUInt32BE(records.length, 16)
  buffer.writeUInt32BE(unsynced, 20)
  frame.set(previousDigest, 24)
  frame.set(sealed, FRAME_HEADER_BYTES)
  buffer.writeUInt32BE(crc32c(frame.subarray(8)), 4)
  return frame
}

export function frameDigest(frame: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', frame, 'buffer'))
}

/** The header if the bytes at hand could begin a frame, else undefined. Checks lengths only. */
export function peekFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined
  const buffer = asBuffer(bytes)
  const length = buffer.readUInt32BE(0)
  if (length < FRAME_HEADER_BYTES + SEALED_BYTES_MIN || length > FRAME_BYTES_MAX) return undefined
  const high = buffer.readUInt32BE(8)
  if (high >= 0x20_0000) return undefined
  return {
    length,
    firstSequence: high * 0x1_0000_0000 + buffer.readUInt32BE(12),
    count: buffer.readUInt32BE(16),
    unsynced: buffer.readUInt32BE(20),
    previousDigest: bytes.subarray(24, FRAME_HEADER_BYTES),
  }
}

export function frameChecksumHolds(frame: Uint8Array): boolean {
  return asBuffer(frame).readUInt32BE(4) === crc32c(frame.subarray(8))
}

/**
 * Opens the body of a frame whose checksum holds.
 * @throws CRYPTO_OPEN_FAILED when it is not authentic, JOURNAL_DAMAGED when its records do not add up
 */
export function decodeFrameBody(
  frame: Uint8Array,
  header: FrameHeader,
  sealer: Sealer,
): readonly CommitRecord[] {
  const body = sealer.open(sequenceKey(header.firstSequence), frame.subarray(FRAME_HEADER_BYTES))
  const reader = new ByteReader(body, { code: 'JOURNAL_DAMAGED', what: 'a journal frame' })
  const records: CommitRecord[] = []
  for (let index = 0; index < header.count; index++) records.push(readCommitRecord(reader.prefixed()))
  reader.end()
  return records
}
