import { isAscii } from 'node:buffer'
import zlib from 'node:zlib'
import { asBuffer, ByteReader, ByteWriter, ForgeError } from '@forgeone/common'
import type { TextKind } from '@forgeone/log-codec'
import type { EntryRow } from '../entry/validate.ts'
import { BlockColumns } from './block-columns.ts'
import type { DecodedBlock, RowSelection } from './decoded-block.ts'
import { rowsWithLiterals } from './literal-search.ts'
import { rowNumbers } from './row-numbers.ts'

/**
 * A hot block: the entries of one commit and shard, in the order they came.
 *
 *     'h1' | flags u8 | commit sequence u64 | commit time u48 | first sequence u64 | count u32 | body length u32 | body
 *
 * Bit 0 of the flags: the body is one zstd frame. The body is the runs, then the columns.
 */
const MAGIC = 0x6831
const FLAG_ZSTD = 1
const HEADER_BYTES = 35

/** Below this a zstd frame and its set-up cost more than they save. */
const COMPRESS_BYTES_MIN = 512
/** On log text level 1 is quicker than level 3 and finds as much: measured 9.7 times against 9.3 over ten logs. */
const ZSTD_LEVEL = 1
/** A body is at most the rows of a block and their overhead; a header that asks for more is damage. */
const BODY_BYTES_MAX = 64 * 1024 * 1024

/** Entries of one topic in a block. */
export interface BlockRun {
  readonly topicId: number
  readonly count: number
}

export interface BlockPlace {
  readonly commitSequence: number
  readonly commitTime: number
  /** Sequence of the first row in its shard; the others follow without gaps. */
  readonly firstSequence: number
}

export interface HotBlockContent extends BlockPlace {
  readonly rows: readonly EntryRow[]
  /** Topic of each row. */
  readonly topicIds: readonly number[]
  /** `encodeColumns(rows)`: passed in, because the proof of a run hashes the same bytes. */
  readonly columns: Uint8Array
}

export function encodeHotBlock(content: HotBlockContent): { bytes: Uint8Array; runs: readonly BlockRun[] } {
  const { rows, topicIds, columns } = content
  const runs = countRuns(topicIds)
  const body = new ByteWriter(columns.length + runs.length * 8 + 64)
  body.varint(runs.length)
  for (const run of runs) body.varint(run.topicId).varint(run.count)
  if (runs.length > 1) writeRunOfRow(body, topicIds, runs)
  body.bytes(columns)
  const packed = compress(body.view())
  const out = new ByteWriter(HEADER_BYTES + packed.bytes.length)
  out.u16(MAGIC).u8(packed.flags).u64(content.commitSequence).u48(content.commitTime)
  out.u64(content.firstSequence).u32(rows.length).u32(body.length).bytes(packed.bytes)
  return { bytes: out.finish(), runs }
}

function countRuns(topicIds: readonly number[]): readonly BlockRun[] {
  const counts = new Map<number, number>()
  for (const topicId of topicIds) counts.set(topicId, (counts.get(topicId) ?? 0) + 1)
  return [...counts].map(([topicId, count]) => ({ topicId, count }))
}

/** Pairs `run varint | rows varint`, in row order. */
function writeRunOfRow(out: ByteWriter, topicIds: readonly number[], runs: readonly BlockRun[]): void {
  const runOfTopic = new Map(runs.map((run, index) => [run.topicId, index]))
  for (let start = 0; start < topicIds.length;) {
    const topicId = topicIds[start]!
    let end = start + 1
    while (end < topicIds.length && topicIds[end] === topicId) end++
    out.varint(runOfTopic.get(topicId)!).varint(end - start)
    start = end
  }
}

function compress(body: Uint8Array): { flags: number; bytes: Uint8Array } {
  if (body.length < COMPRESS_BYTES_MIN) return { flags: 0, bytes: body }
  const packed = zlib.zstdCompressSync(body, {
    // A known size spares zstd the tables for an endless one; the result mostly fits the first chunk.
    pledgedSrcSize: body.length,
    chunkSize: Math.max(1024, Math.ceil(body.length / 4)),
    params: { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
  })
  return packed.length < body.length ? { flags: FLAG_ZSTD, bytes: packed } : { flags: 0, bytes: body }
}

/** A decoded hot block. */
export class HotBlock implements BlockPlace, DecodedBlock {
  readonly commitSequence: number
  readonly commitTime: number
  readonly firstSequence: number
  readonly count: number
  readonly runs: readonly BlockRun[]
  readonly columns: BlockColumns
  /** What the decoded block holds in memory, about. */
  readonly bytes: number
  /** Index into `runs` by row; undefined when there is one run. */
  readonly #runOfRow: Uint32Array | undefined
  #encoding: 'latin1' | 'utf8' | undefined

  /** @param bytes borrowed for as long as the object lives @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array) {
    const head = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a hot block' })
    if (head.u16() !== MAGIC) throw head.failure('an unknown format')
    const flags = head.u8()
    this.commitSequence = head.u64()
    this.commitTime = head.u48()
    this.firstSequence = head.u64()
    this.count = head.u32()
    const body = decompress(head, flags)
    const inner = new ByteReader(body, { code: 'STREAM_BLOCK_DAMAGED', what: 'a hot block' })
    this.runs = readRuns(inner, this.count)
    this.#runOfRow = this.runs.length > 1 ? readRunOfRow(inner, this.count, this.runs.length) : undefined
    this.columns = new BlockColumns(inner.rest(), this.count)
    this.bytes = body.length + this.count * 16
  }

  topicIdOf(row: number): number {
    return this.runs[this.#runOfRow?.[row] ?? 0]!.topicId
  }

  commitSequenceOf(): number {
    return this.commitSequence
  }

  commitTimeOf(): number {
    return this.commitTime
  }

  timestampOf(row: number): number {
    return this.columns.timestamps[row]!
  }

  levelOf(row: number): number {
    return this.columns.levels[row]!
  }

  textKindOf(row: number): TextKind {
    return this.columns.textKind(row)
  }

  textOf(row: number): string {
    const { text, textOffsets } = this.columns
    // Text that is pure ASCII decodes faster as latin1.
    this.#encoding ??= isAscii(text) ? 'latin1' : 'utf8'
    return asBuffer(text).toString(this.#encoding, textOffsets[row]!, textOffsets[row + 1]!)
  }

  textBytesOf(row: number): Uint8Array {
    return this.columns.textBytes(row)
  }

  metadataOf(row: number): string | undefined {
    return this.columns.metadata(row)
  }

  clientIdOf(row: number): string | undefined {
    return this.columns.clientId(row)
  }

  markerOf(row: number): string | undefined {
    return this.columns.marker(row)
  }

  isRemoved(): boolean {
    return false
  }

  rowsWith({ topics, literals }: RowSelection): ArrayLike<number> {
    const { text, textOffsets } = this.columns
    const rows =
      literals.length === 0
        ? rowNumbers(this.count)
        : rowsWithLiterals({ text, offsets: textOffsets, literals })
    const wanted = this.runs.map((run) => topics.has(run.topicId))
    if (wanted.every(Boolean)) return rows
    return rows.filter((row: number) => wanted[this.#runOfRow?.[row] ?? 0] === true)
  }
}

function decompress(head: ByteReader, flags: number): Uint8Array {
  const length = head.u32()
  if (length > BODY_BYTES_MAX) throw head.failure(`a body of ${length} bytes`)
  const packed = head.rest()
  const body = (flags & FLAG_ZSTD) === 0 ? packed : unpack(packed, length)
  if (body.length !== length) throw head.failure('a body of another length than announced')
  return body
}

function unpack(packed: Uint8Array, length: number): Uint8Array {
  try {
    // A little more room than needed, or Node asks zstd once more whether there is more.
    return zlib.zstdDecompressSync(packed, { chunkSize: length + 1024, maxOutputLength: length + 1 })
  } catch (cause) {
    throw new ForgeError('STREAM_BLOCK_DAMAGED', 'a hot block does not decompress', { cause })
  }
}

function readRuns(from: ByteReader, count: number): readonly BlockRun[] {
  const runs: BlockRun[] = []
  let rows = 0
  for (let left = from.varint(); left > 0; left--) {
    const run = { topicId: from.varint(), count: from.varint() }
    rows += run.count
    runs.push(run)
  }
  if (rows !== count) throw from.failure('runs of another length than its rows')
  return runs
}

function readRunOfRow(from: ByteReader, count: number, runs: number): Uint32Array {
  const runOfRow = new Uint32Array(count)
  let row = 0
  while (row < count) {
    const run = from.varint()
    const length = from.varint()
    if (run >= runs || length === 0 || length > count - row) throw from.failure('a run that does not fit')
    runOfRow.fill(run, row, row + length)
    row += length
  }
  return runOfRow
}
