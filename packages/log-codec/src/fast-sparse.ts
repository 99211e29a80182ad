import { asBuffer, ByteReader, ByteWriter } from '@forgeone/common'
import { decodeFastGaps, encodeFastGaps } from './fast-rows.ts'
import { encodePiecedTexts, PiecedTexts } from './pieced-texts.ts'
import { placeOfRow } from './place-of-row.ts'
import type { SectionTexts, SparseValues } from './section-texts.ts'
import { joinTexts } from './sparse-column.ts'

/** `values varint | length varint | row steps | texts in pieces`: a value is decoded when it is asked for. */
export function encodeFastSparse(values: ReadonlyMap<number, string>): Uint8Array {
  const rows = Uint32Array.from(values.keys()).sort()
  const gaps = encodeFastGaps(rows)
  const texts = encodePiecedTexts(joinTexts(rows, values))
  return new ByteWriter(gaps.length + texts.length + 16)
    .varint(rows.length)
    .varint(gaps.length)
    .bytes(gaps)
    .bytes(texts)
    .finish()
}

/** A sparse column whose pieces are decompressed when a row of them is asked for. */
export class FastSparse implements SparseValues {
  readonly #rows: Uint32Array
  readonly #texts: SectionTexts

  /** @param bytes borrowed for as long as the object lives @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array, rowCount: number) {
    const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
    const count = from.varint()
    if (count < 1 || count > rowCount) throw from.failure(`${count} values`)
    this.#rows = decodeFastGaps(from.bytes(from.varint()), count)
    if (this.#rows.at(-1)! >= rowCount) throw from.failure('a value beyond its last row')
    this.#texts = new PiecedTexts(from.rest(), count)
  }

  get size(): number {
    return this.#rows.length
  }

  get heldBytes(): number {
    return this.#rows.byteLength + this.#texts.heldBytes
  }

  /** @throws STREAM_BLOCK_DAMAGED */
  get(row: number): string | undefined {
    // Where every row has a value, its place is the row.
    const place = this.#rows[row] === row ? row : placeOfRow(this.#rows, row)
    return this.#rows[place] === row ? asBuffer(this.#texts.textBytes(place)).toString() : undefined
  }
}
