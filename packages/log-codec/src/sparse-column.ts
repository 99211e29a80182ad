import { asBuffer, ByteReader, ByteWriter, concatBytes, utf8Encode } from '@forgeone/common'
import { damaged } from './damage.ts'
import { decodeGaps, encodeGaps } from './row-columns.ts'
import { decodePlainTexts, encodePlainTexts, type PlainTexts } from './plain-columns.ts'
import type { SparseValues } from './section-texts.ts'
import { decodeTexts } from './text-decoder.ts'
import { encodeTexts, type TextEffort } from './text-encoder.ts'
import { TextRenderer } from './text-renderer.ts'

/**
 * A column that few rows have a value of: `values varint | length varint | rows | texts`. The texts are coded like those
 * of the rows, so that metadata of one shape costs little.
 */

/** What a string and its place in a map take beside its bytes, about. */
const VALUE_BYTES = 64

/** @param effort a zstd level codes plain columns */
export function encodeSparse(
  values: ReadonlyMap<number, string>,
  timestamps: Float64Array,
  effort: TextEffort | number,
): Uint8Array {
  const rows = Uint32Array.from(values.keys()).sort()
  const texts = joinTexts(rows, values)
  const places = encodeGaps(rows)
  const out = new ByteWriter(1024)
  out.varint(rows.length).varint(places.length).bytes(places)
  if (typeof effort === 'number') return out.bytes(encodePlainTexts(texts, effort)).finish()
  encodeTexts(out, { count: rows.length, ...contextOf(rows, timestamps), ...texts }, effort)
  return out.finish()
}

export function joinTexts(rows: Uint32Array, values: ReadonlyMap<number, string>): PlainTexts {
  const parts: Uint8Array[] = []
  const textOffsets = new Uint32Array(rows.length + 1)
  for (let at = 0; at < rows.length; at++) {
    const bytes = utf8Encode(values.get(rows[at]!)!)
    parts.push(bytes)
    textOffsets[at + 1] = textOffsets[at]! + bytes.length
  }
  return { text: concatBytes(parts), textOffsets }
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeSparse(
  bytes: Uint8Array,
  timestamps: Float64Array,
  { isPlain }: { isPlain: boolean },
): SparseValues {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
  const count = from.varint()
  if (count < 1 || count > timestamps.length) throw from.failure(`${count} values`)
  const rows = decodeGaps(from.bytes(from.varint()), count)
  if (rows.at(-1)! >= timestamps.length) throw damaged('a value beyond its last row')
  const { text, textOffsets } = isPlain
    ? decodePlainTexts(from.rest(), count)
    : new TextRenderer(decodeTexts(from, { count, ...contextOf(rows, timestamps) })).all()
  const all = asBuffer(text)
  const values = new Map<number, string>()
  for (let at = 0; at < count; at++)
    values.set(rows[at]!, all.toString('utf8', textOffsets[at], textOffsets[at + 1]))
  const heldBytes = text.length + count * VALUE_BYTES
  return { size: values.size, heldBytes, get: (row) => values.get(row) }
}

/** Rows with a value share no level: it would have to be read first. */
function contextOf(
  rows: Uint32Array,
  timestamps: Float64Array,
): { timestamps: Float64Array; levels: Uint8Array } {
  return {
    timestamps: Float64Array.from(rows, (row) => timestamps[row]!),
    levels: new Uint8Array(rows.length),
  }
}
