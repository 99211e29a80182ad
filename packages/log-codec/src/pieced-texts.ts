import { asBuffer, ByteReader, ByteWriter } from '@forgeone/common'
import { compress, decompress } from './compress.ts'
import { damaged } from './damage.ts'
import { findTexts, type PlainTexts } from './plain-columns.ts'
import { SECTION_TEXT_BYTES_MAX } from './section-rows.ts'

/** One row costs the decompression of its piece, and pieces of twice the size would be a twentieth shorter. */
const PIECE_BYTES = 65_536
/** The same for very short texts: all lengths of a piece are read for one row. */
const PIECE_ROWS_MAX = 4096
/** Measured from 3 to 9: half the time of 7 to 9 and 16 % less bytes than 3, on logs; text of random words gains nothing above 3. */
const ZSTD_LEVEL = 6
/** A text's length is below 2^28. */
const LENGTH_BYTES_MAX = 4
/** What an entry of the directory takes in memory, about. */
const ENTRY_BYTES = 40

/**
 * Texts in pieces of whole rows, each compressed on its own:
 *
 *     pieces varint | for each piece: rows varint | bytes of texts varint | bytes of lengths varint | packed bytes varint | pieces
 *
 * A piece is the lengths of its rows (varints) and their texts back to back: a zstd frame, or as they are when that is not shorter.
 */
export function encodePiecedTexts({ text, textOffsets }: PlainTexts): Uint8Array {
  const count = textOffsets.length - 1
  const directory = new ByteWriter(256)
  const frames = new ByteWriter(text.length / 8 + 256)
  const piece = new ByteWriter(PIECE_BYTES + PIECE_ROWS_MAX)
  let pieces = 0
  for (let first = 0; first < count;) {
    const end = endOfPiece(textOffsets, first)
    piece.reset()
    for (let row = first; row < end; row++) piece.varint(textOffsets[row + 1]! - textOffsets[row]!)
    const lengthBytes = piece.length
    const textBytes = textOffsets[end]! - textOffsets[first]!
    const raw = piece.bytes(text.subarray(textOffsets[first], textOffsets[end])).view()
    const packed = compress(raw, { level: ZSTD_LEVEL })
    directory
      .varint(end - first)
      .varint(textBytes)
      .varint(lengthBytes)
      .varint(packed.length)
    frames.bytes(packed)
    pieces += 1
    first = end
  }
  const out = new ByteWriter(directory.length + frames.length + 8)
  return out.varint(pieces).bytes(directory.view()).bytes(frames.view()).finish()
}

function endOfPiece(textOffsets: Uint32Array, first: number): number {
  const last = Math.min(textOffsets.length - 1, first + PIECE_ROWS_MAX)
  const limit = textOffsets[first]! + PIECE_BYTES
  let end = first + 1
  while (end < last && textOffsets[end + 1]! <= limit) end += 1
  return end
}

/** A piece as the directory has it. */
interface Piece {
  readonly firstRow: number
  readonly rows: number
  /** Of its first text among all texts. */
  readonly start: number
  readonly textBytes: number
  readonly lengthBytes: number
  readonly packed: Uint8Array
}

/** Texts in pieces, which are decompressed when the first of their rows is asked for. */
export class PiecedTexts {
  readonly #pieces: readonly Piece[]
  readonly #count: number
  readonly #textBytes: number
  readonly #opened: (PlainTexts | undefined)[] = []
  #all: PlainTexts | undefined
  #openedBytes = 0

  /** @param bytes borrowed for as long as the object lives @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array, count: number) {
    this.#count = count
    this.#pieces = readDirectory(bytes, count)
    const last = this.#pieces.at(-1)!
    this.#textBytes = last.start + last.textBytes
  }

  /** What is held beside the bytes given, about. */
  get heldBytes(): number {
    return this.#pieces.length * ENTRY_BYTES + this.#openedBytes
  }

  /** Text of one row: a view. @throws STREAM_BLOCK_DAMAGED */
  textBytes(row: number): Uint8Array {
    const piece = this.#all === undefined ? this.#pieceOf(row) : 0
    const { text, textOffsets } = this.#all ?? this.#open(piece)
    const place = this.#all === undefined ? row - this.#pieces[piece]!.firstRow : row
    return text.subarray(textOffsets[place], textOffsets[place + 1])
  }

  /** All texts back to back. Pieces decompressed before give way to it. @throws STREAM_BLOCK_DAMAGED */
  all(): PlainTexts {
    if (this.#all !== undefined) return this.#all
    const text = new Uint8Array(this.#textBytes)
    const textOffsets = new Uint32Array(this.#count + 1)
    for (const [index, { firstRow, rows, start }] of this.#pieces.entries()) {
      const piece = this.#opened[index] ?? this.#decompress(index)
      this.#opened[index] = undefined
      text.set(piece.text, start)
      for (let row = 1; row <= rows; row++) textOffsets[firstRow + row] = start + piece.textOffsets[row]!
    }
    this.#openedBytes = text.length + textOffsets.byteLength
    return (this.#all = { text, textOffsets })
  }

  /** Whether these are the texts, without keeping any of them. @throws STREAM_BLOCK_DAMAGED */
  areEqual({ text, textOffsets }: PlainTexts): boolean {
    if (text.length !== this.#textBytes || textOffsets.length !== this.#count + 1) return false
    return this.#pieces.every(({ firstRow, rows, start, textBytes }, index) => {
      const piece = this.#decompress(index)
      for (let row = 0; row <= rows; row++)
        if (start + piece.textOffsets[row]! !== textOffsets[firstRow + row]) return false
      return asBuffer(piece.text).equals(text.subarray(start, start + textBytes))
    })
  }

  /** Rows whose text holds the bytes, ascending. @throws STREAM_BLOCK_DAMAGED */
  *rowsWithLiteral(literal: Uint8Array): Generator<number> {
    for (const [index, { firstRow, textBytes }] of this.#pieces.entries()) {
      if (this.#all !== undefined) {
        yield* findTexts(this.#all, literal, firstRow)
        return
      }
      if (textBytes < literal.length) continue
      for (const row of findTexts(this.#open(index), literal, 0)) yield firstRow + row
    }
  }

  #pieceOf(row: number): number {
    let low = 0
    let high = this.#pieces.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#pieces[middle]!.firstRow <= row) low = middle
      else high = middle - 1
    }
    return low
  }

  #open(index: number): PlainTexts {
    const known = this.#opened[index]
    if (known !== undefined) return known
    const opened = this.#decompress(index)
    this.#openedBytes += opened.text.length + opened.textOffsets.byteLength
    return (this.#opened[index] = opened)
  }

  #decompress(index: number): PlainTexts {
    const { rows, textBytes, lengthBytes, packed } = this.#pieces[index]!
    const raw = decompress(packed, lengthBytes + textBytes)
    return {
      text: raw.subarray(lengthBytes),
      textOffsets: readLengths(raw, { rows, lengthBytes, textBytes }),
    }
  }
}

function readDirectory(bytes: Uint8Array, count: number): readonly Piece[] {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
  const total = from.varint()
  if (total < 1 || total > count) throw from.failure(`${total} pieces`)
  const entries: (Omit<Piece, 'packed'> & { readonly packedBytes: number })[] = []
  let firstRow = 0
  let start = 0
  for (let index = 0; index < total; index++) {
    const rows = from.varint()
    const textBytes = from.varint()
    const lengthBytes = from.varint()
    entries.push({ firstRow, rows, start, textBytes, lengthBytes, packedBytes: from.varint() })
    firstRow += rows
    start += textBytes
    if (rows === 0 || lengthBytes < rows || lengthBytes > rows * LENGTH_BYTES_MAX)
      throw from.failure('a piece without its lengths')
    if (firstRow > count || start > SECTION_TEXT_BYTES_MAX) throw from.failure('pieces that are too large')
  }
  if (firstRow !== count) throw from.failure('pieces of fewer rows than the section')
  const pieces = entries.map(({ packedBytes, ...piece }) => ({ ...piece, packed: from.bytes(packedBytes) }))
  from.end()
  return pieces
}

/** Offsets of the texts of a piece. Written out: it is what a search spends its time on beside zstd. */
function readLengths(
  raw: Uint8Array,
  { rows, lengthBytes, textBytes }: { rows: number; lengthBytes: number; textBytes: number },
): Uint32Array {
  const textOffsets = new Uint32Array(rows + 1)
  let at = 0
  let offset = 0
  for (let row = 1; row <= rows; row++) {
    let byte = raw[at++]!
    let length = byte & 0x7f
    for (let shift = 7; byte >= 0x80 && at < lengthBytes && shift < 28; shift += 7) {
      byte = raw[at++]!
      length |= (byte & 0x7f) << shift
    }
    offset += length
    if (byte >= 0x80 || at > lengthBytes || offset > textBytes) throw damaged('texts beyond their piece')
    textOffsets[row] = offset
  }
  if (at !== lengthBytes || offset !== textBytes) throw damaged('texts that do not fill their piece')
  return textOffsets
}
