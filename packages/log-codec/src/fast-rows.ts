import { ByteReader, ByteWriter } from '@forgeone/common'
import { readPacked, writePacked } from './compress.ts'
import { damaged } from './damage.ts'
import { unitOf, type RowColumns } from './row-columns.ts'

/**
 * The columns that every row has, in a section that is written and read quickly:
 *
 *     flags u8 | packed: timestamp unit varint | timestamp steps zigzag, from 0 | levels | kinds if flagged | row steps if flagged
 *
 * The first step is in milliseconds, the others in units. Levels and kinds are runs: `value u8 | rows varint`. Row steps are varints, from 0.
 */
const FLAG_KINDS = 1
const FLAG_OFFSETS = 2
const ZSTD_LEVEL = 3
/** Per row varints of 8 bytes for its time and its row, and two runs of a row; the unit and its like before. */
const ROW_BYTES_MAX = 24

export function encodeFastRows({ timestamps, levels, textKinds, offsets }: RowColumns): Uint8Array {
  const columns = new ByteWriter(timestamps.length * 2 + 64)
  const unit = unitOf(timestamps)
  columns.varint(unit).zigzag(timestamps[0]!)
  for (let row = 1; row < timestamps.length; row++)
    columns.zigzag((timestamps[row]! - timestamps[row - 1]!) / unit)
  writeRuns(columns, levels)
  if (textKinds !== undefined) writeRuns(columns, textKinds)
  if (offsets !== undefined) writeSteps(columns, offsets)
  const out = new ByteWriter(columns.length / 2 + 64)
  out.u8((textKinds === undefined ? 0 : FLAG_KINDS) | (offsets === undefined ? 0 : FLAG_OFFSETS))
  writePacked(out, columns.view(), ZSTD_LEVEL)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeFastRows(bytes: Uint8Array, count: number): RowColumns {
  const outer = readerOf(bytes)
  const flags = outer.u8()
  if (flags > (FLAG_KINDS | FLAG_OFFSETS)) throw outer.failure('unknown columns')
  const from = readerOf(readPacked(outer, (count + 1) * ROW_BYTES_MAX))
  outer.end()
  const unit = from.varint()
  const timestamps = new Float64Array(count)
  let timestamp = from.zigzag()
  timestamps[0] = timestamp
  for (let row = 1; row < count; row++) {
    timestamp += from.zigzag() * unit
    if (!Number.isSafeInteger(timestamp)) throw from.failure('a timestamp out of range')
    timestamps[row] = timestamp
  }
  const levels = readRuns(from, count)
  const textKinds = (flags & FLAG_KINDS) === 0 ? undefined : readRuns(from, count)
  const offsets = (flags & FLAG_OFFSETS) === 0 ? undefined : readSteps(from, count)
  from.end()
  return { timestamps, levels, textKinds, offsets }
}

/** Packed: the row steps. */
export function encodeFastGaps(rows: Uint32Array): Uint8Array {
  const steps = new ByteWriter(rows.length + 16)
  writeSteps(steps, rows)
  const out = new ByteWriter(steps.length + 16)
  writePacked(out, steps.view(), ZSTD_LEVEL)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeFastGaps(bytes: Uint8Array, count: number): Uint32Array {
  const outer = readerOf(bytes)
  const from = readerOf(readPacked(outer, count * ROW_BYTES_MAX))
  outer.end()
  const rows = readSteps(from, count)
  from.end()
  return rows
}

function writeRuns(out: ByteWriter, values: Uint8Array): void {
  for (let first = 0; first < values.length;) {
    let end = first + 1
    while (end < values.length && values[end] === values[first]) end += 1
    out.u8(values[first]!).varint(end - first)
    first = end
  }
}

function readRuns(from: ByteReader, count: number): Uint8Array {
  const values = new Uint8Array(count)
  for (let first = 0; first < count;) {
    const value = from.u8()
    const length = from.varint()
    if (length === 0 || length > count - first) throw from.failure('a run beyond the last row')
    values.fill(value, first, first + length)
    first += length
  }
  return values
}

function writeSteps(out: ByteWriter, rows: Uint32Array): void {
  let before = 0
  for (const row of rows) {
    out.varint(row - before)
    before = row
  }
}

function readSteps(from: ByteReader, count: number): Uint32Array {
  const rows = new Uint32Array(count)
  let row = 0
  for (let at = 0; at < count; at++) {
    const step = from.varint()
    if (step === 0 && at > 0) throw from.failure('a row twice')
    row += step
    if (row > 0xffff_ffff) throw damaged('a row beyond its block')
    rows[at] = row
  }
  return rows
}

function readerOf(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
}
