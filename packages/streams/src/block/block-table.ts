import zlib from 'node:zlib'
import { ByteReader, ByteWriter, ForgeError } from '@forgeone/common'

/**
 * What all sections of a cold block share: which commit and which topic each row belongs to.
 *
 *     'b1' | flags u8 | body length u32 | body
 *
 * Bit 0 of the flags: the body is one zstd frame. The body is columns, one after the other: number of commits, their
 * sequences, times and row counts; then pairs of place in the block's list of runs and number of rows.
 */
const MAGIC = 0x6231
const FLAG_ZSTD = 1
const ZSTD_LEVEL = 9
/** Four varints for each of the rows that a block can have, with room to spare. */
const BODY_BYTES_MAX = 8 * 1024 * 1024

/** The rows of one commit in a block. */
export interface CommitRows {
  readonly sequence: number
  readonly time: number
  readonly count: number
}

export interface BlockTable {
  readonly commits: readonly CommitRows[]
  /** Place of each row's topic in the block's list of runs. */
  readonly runOfRow: Uint32Array
}

export function encodeBlockTable({ commits, runOfRow }: BlockTable): Uint8Array {
  const body = new ByteWriter(commits.length * 4 + 256).varint(commits.length)
  let sequence = 0
  for (const commit of commits) {
    body.varint(commit.sequence - sequence)
    sequence = commit.sequence
  }
  let time = 0
  for (const commit of commits) {
    body.varint(commit.time - time)
    time = commit.time
  }
  for (const commit of commits) body.varint(commit.count)
  for (let start = 0; start < runOfRow.length;) {
    let end = start + 1
    while (end < runOfRow.length && runOfRow[end] === runOfRow[start]) end++
    body.varint(runOfRow[start]!).varint(end - start)
    start = end
  }
  const plain = body.view()
  const packed = zlib.zstdCompressSync(plain, {
    params: { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
  })
  const isSmaller = packed.length < plain.length
  const out = new ByteWriter(16 + plain.length)
    .u16(MAGIC)
    .u8(isSmaller ? FLAG_ZSTD : 0)
    .u32(plain.length)
  return out.bytes(isSmaller ? packed : plain).finish()
}

/** @param runs length of the block's list of runs @throws STREAM_BLOCK_DAMAGED */
export function decodeBlockTable(
  bytes: Uint8Array,
  { count, runs }: { readonly count: number; readonly runs: number },
): BlockTable {
  const head = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a block table' })
  if (head.u16() !== MAGIC) throw head.failure('an unknown format')
  const flags = head.u8()
  const length = head.u32()
  if (length > BODY_BYTES_MAX) throw head.failure(`a body of ${length} bytes`)
  const packed = head.rest()
  const plain = (flags & FLAG_ZSTD) === 0 ? packed : unpack(packed, length)
  const from = new ByteReader(plain, { code: 'STREAM_BLOCK_DAMAGED', what: 'a block table' })
  const commitCount = from.varint()
  if (commitCount > count) throw from.failure('more commits than rows')
  const sequences = readDeltas(from, commitCount)
  const times = readDeltas(from, commitCount)
  const commits: CommitRows[] = []
  let rows = 0
  for (let index = 0; index < commitCount; index++) {
    const commit = { sequence: sequences[index]!, time: times[index]!, count: from.varint() }
    rows += commit.count
    commits.push(commit)
  }
  if (rows !== count) throw from.failure('commits of other lengths than its rows')
  const runOfRow = new Uint32Array(count)
  for (let row = 0; row < count;) {
    const run = from.varint()
    const runLength = from.varint()
    if (run >= runs || runLength === 0 || runLength > count - row)
      throw from.failure('a run that does not fit')
    runOfRow.fill(run, row, row + runLength)
    row += runLength
  }
  from.end()
  return { commits, runOfRow }
}

function readDeltas(from: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count)
  let value = 0
  for (let index = 0; index < count; index++) {
    value += from.varint()
    values[index] = value
  }
  return values
}

function unpack(packed: Uint8Array, length: number): Uint8Array {
  try {
    return zlib.zstdDecompressSync(packed, { maxOutputLength: length + 1 })
  } catch (cause) {
    throw new ForgeError('STREAM_BLOCK_DAMAGED', 'a block table does not decompress', { cause })
  }
}
