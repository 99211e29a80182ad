import { asBuffer, ByteReader, ByteWriter } from '@forgeone/common'
import { readPacked, writePacked } from './compress.ts'
import { damaged } from './damage.ts'
import type { RowColumns } from './row-columns.ts'
import { SECTION_TEXT_BYTES_MAX } from './section-rows.ts'

/** Columns without any modelling: what a section falls back to when its texts do not come back from their templates. */
const FLAG_KINDS = 1
const FLAG_OFFSETS = 2
/** Per row a varint of 8 bytes for its time and offset, and two bytes. */
const ROW_BYTES_MAX = 18

/** `flags u8`, then packed: timestamp steps, levels, kinds and offset steps of all rows. */
export function encodePlainRows(
  { timestamps, levels, textKinds, offsets }: RowColumns,
  zstdLevel: number,
): Uint8Array {
  const columns = new ByteWriter(timestamps.length * 4)
  let before = 0
  for (const timestamp of timestamps) {
    columns.zigzag(timestamp - before)
    before = timestamp
  }
  columns.bytes(levels)
  if (textKinds !== undefined) columns.bytes(textKinds)
  if (offsets !== undefined)
    for (let row = 0; row < offsets.length; row++) columns.varint(offsets[row]! - (offsets[row - 1] ?? 0))
  const out = new ByteWriter(columns.length)
  out.u8((textKinds === undefined ? 0 : FLAG_KINDS) | (offsets === undefined ? 0 : FLAG_OFFSETS))
  writePacked(out, columns.view(), zstdLevel)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodePlainRows(bytes: Uint8Array, count: number): RowColumns {
  const outer = reader(bytes)
  const flags = outer.u8()
  const from = reader(readPacked(outer, count * ROW_BYTES_MAX))
  const timestamps = new Float64Array(count)
  let timestamp = 0
  for (let row = 0; row < count; row++) timestamps[row] = timestamp += from.zigzag()
  const levels = new Uint8Array(from.bytes(count))
  const textKinds = (flags & FLAG_KINDS) === 0 ? undefined : new Uint8Array(from.bytes(count))
  let offsets: Uint32Array | undefined
  if ((flags & FLAG_OFFSETS) !== 0) {
    offsets = new Uint32Array(count)
    let offset = 0
    for (let row = 0; row < count; row++) {
      offset += from.varint()
      if (offset > 0xffff_ffff) throw damaged('a row beyond its block')
      offsets[row] = offset
    }
  }
  from.end()
  return { timestamps, levels, textKinds, offsets }
}

export interface PlainTexts {
  readonly text: Uint8Array
  readonly textOffsets: Uint32Array
}

/** Packed: the lengths as varints; then packed: the texts back to back. */
export function encodePlainTexts({ text, textOffsets }: PlainTexts, zstdLevel: number): Uint8Array {
  const lengths = new ByteWriter(textOffsets.length * 2)
  for (let row = 1; row < textOffsets.length; row++) lengths.varint(textOffsets[row]! - textOffsets[row - 1]!)
  const out = new ByteWriter(text.length / 4 + 64)
  writePacked(out, lengths.view(), zstdLevel)
  writePacked(out, text, zstdLevel)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodePlainTexts(bytes: Uint8Array, count: number): PlainTexts {
  const outer = reader(bytes)
  const lengths = reader(readPacked(outer, count * 8))
  const text = readPacked(outer, SECTION_TEXT_BYTES_MAX)
  const textOffsets = new Uint32Array(count + 1)
  let offset = 0
  for (let row = 0; row < count; row++) {
    offset += lengths.varint()
    if (offset > text.length) throw damaged('texts of another length than announced')
    textOffsets[row + 1] = offset
  }
  if (offset !== text.length) throw damaged('texts of another length than announced')
  return { text, textOffsets }
}

/** Rows from `first` on whose text holds the bytes, ascending: one search over all texts. */
export function* findTexts(
  { text, textOffsets }: PlainTexts,
  literal: Uint8Array,
  first: number,
): Generator<number> {
  const all = asBuffer(text)
  for (let row = first; row + 1 < textOffsets.length; row++) {
    const found = all.indexOf(literal, textOffsets[row])
    if (found === -1) return
    // The hit may lie rows further on, or across two texts.
    while (textOffsets[row + 1]! <= found && found + literal.length > textOffsets[row + 1]!) row += 1
    if (found + literal.length <= textOffsets[row + 1]!) yield row
  }
}

function reader(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
}
