import type { PlainTexts } from './plain-columns.ts'

/** The texts of a section, decoded as far as they were asked for. */
export interface SectionTexts {
  /** What is held beside the bytes of the section, about. It decodes nothing. */
  readonly heldBytes: number
  /** Text of one row: a view, or a copy where the texts are not held. @throws STREAM_BLOCK_DAMAGED */
  textBytes(row: number): Uint8Array
  /** All texts back to back; they are held from then on. @throws STREAM_BLOCK_DAMAGED */
  all(): PlainTexts
  /** Whether these are the texts. It holds a part of them at a time. @throws STREAM_BLOCK_DAMAGED */
  areEqual(texts: PlainTexts): boolean
  /** Rows whose text holds the bytes, ascending. @throws STREAM_BLOCK_DAMAGED */
  rowsWithLiteral(literal: Uint8Array): Iterable<number>
}

/** Values that some rows have. */
export interface SparseValues {
  readonly size: number
  /** What is held beside the bytes of the section, about. */
  readonly heldBytes: number
  /** @throws STREAM_BLOCK_DAMAGED */
  get(row: number): string | undefined
}
