import { asBuffer, concatBytes, crc32c } from '@forgeone/common'

/**
 * LevelDB's log format, shared by `*.log` and `MANIFEST-*`: 32 KiB blocks of records
 * `masked crc32c u32le | length u16le | type u8 | payload`; a block tail under 7 bytes is zero padding.
 */
const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const MIDDLE = 3
const LAST = 4

export interface LogRecords {
  readonly records: readonly Uint8Array[]
  /** End of the last whole record. */
  readonly endOffset: number
  /** Where the bytes stop being a log, or undefined when all of them are. A torn last record counts too. */
  readonly brokenOffset: number | undefined
  /** The break is one that a crash leaves: the bytes end inside a record, or only zeros follow. */
  readonly torn: boolean
}

/** LevelDB stores checksums rotated and offset, so that a checksum of checksums stays strong. */
export function unmaskChecksum(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}

/** Reads all records of a log held in memory; used for MANIFESTs and logs, which stay at a few MiB. */
export function readLogRecords(bytes: Uint8Array): LogRecords {
  const buffer = asBuffer(bytes)
  const records: Uint8Array[] = []
  let parts: Uint8Array[] = []
  let offset = 0
  let endOffset = 0
  const stop = (brokenOffset: number | undefined): LogRecords => ({
    records,
    endOffset,
    brokenOffset,
    torn: false,
  })
  const tear = (brokenOffset: number): LogRecords => ({ records, endOffset, brokenOffset, torn: true })
  for (;;) {
    const blockLeft = BLOCK_BYTES - (offset % BLOCK_BYTES)
    if (blockLeft < HEADER_BYTES) {
      const padding = buffer.subarray(offset, offset + blockLeft)
      if (padding.some((byte) => byte !== 0)) return stop(offset)
      offset += blockLeft
      continue
    }
    if (offset >= buffer.length) return parts.length === 0 ? stop(undefined) : tear(endOffset)
    if (buffer.length - offset < HEADER_BYTES) return tear(offset)
    const length = buffer.readUInt16LE(offset + 4)
    const type = buffer[offset + 6]!
    const end = offset + HEADER_BYTES + length
    if (type === 0 && buffer.subarray(offset).every((byte) => byte === 0)) return tear(offset)
    if (type < FULL || type > LAST || HEADER_BYTES + length > blockLeft) return stop(offset)
    if (end > buffer.length) return tear(offset)
    if (crc32c(buffer.subarray(offset + 6, end)) !== unmaskChecksum(buffer.readUInt32LE(offset)))
      return stop(offset)
    const begins = type === FULL || type === FIRST
    if (begins !== (parts.length === 0)) return stop(offset)
    parts.push(buffer.subarray(offset + HEADER_BYTES, end))
    offset = end
    if (type === FULL || type === LAST) {
      records.push(parts.length === 1 ? parts[0]! : concatBytes(parts))
      parts = []
      endOffset = end
    } else if (type === MIDDLE && parts.length === 0) return stop(offset)
  }
}
