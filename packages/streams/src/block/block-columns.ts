import { ByteReader, ByteWriter, EMPTY_BYTES, ForgeError } from '@forgeone/common'
import type { TextKind } from '@forgeone/log-codec'
import { EMPTY_METADATA, type EntryRow } from '../entry/validate.ts'

/**
 * The columns of a block, each `id u8 | byte length varint | bytes`; a column that says nothing is left out.
 * Layouts stand in `docs/format.md`, "Hot block".
 */
const COLUMN_TIMESTAMPS = 1
const COLUMN_LEVELS = 2
const COLUMN_TEXT_KINDS = 3
const COLUMN_TEXT_LENGTHS = 4
const COLUMN_TEXT = 5
const COLUMN_METADATA = 6
const COLUMN_IDS = 7
const COLUMN_MARKERS = 8

const TEXT_KINDS: readonly TextKind[] = ['message', 'json', 'bytes']

export interface EncodedColumns {
  readonly bytes: Uint8Array
  /** Bytes of each row's text. */
  readonly textLengths: readonly number[]
}

/** Encodes the columns of rows in order. The bytes are a function of the rows alone, so they can be hashed. */
export function encodeColumns(rows: readonly EntryRow[]): EncodedColumns {
  const { textLengths, text } = encodeTexts(rows)
  const out = new ByteWriter(text.length + rows.length * 8 + 256)
  column(out, COLUMN_TIMESTAMPS, timestamps(rows))
  column(
    out,
    COLUMN_LEVELS,
    runLengths(rows, (row) => row.level),
  )
  if (rows.some((row) => row.textKind !== 'message')) {
    column(
      out,
      COLUMN_TEXT_KINDS,
      runLengths(rows, (row) => TEXT_KINDS.indexOf(row.textKind)),
    )
  }
  const lengths = new ByteWriter(rows.length * 2)
  for (const length of textLengths) lengths.varint(length)
  column(out, COLUMN_TEXT_LENGTHS, lengths.view())
  column(out, COLUMN_TEXT, text)
  sparse(out, COLUMN_METADATA, rows, (row) => (row.metadata === EMPTY_METADATA ? undefined : row.metadata))
  sparse(out, COLUMN_IDS, rows, (row) => row.id)
  sparse(out, COLUMN_MARKERS, rows, (row) => row.marker)
  return { bytes: out.view(), textLengths }
}

function column(out: ByteWriter, id: number, bytes: Uint8Array): void {
  out.u8(id).varint(bytes.length).bytes(bytes)
}

/** Differences, since entries mostly come in the order of their times. */
function timestamps(rows: readonly EntryRow[]): Uint8Array {
  const out = new ByteWriter(rows.length * 3 + 16)
  let previous = 0
  for (const { timestamp } of rows) {
    out.zigzag(timestamp - previous)
    previous = timestamp
  }
  return out.view()
}

function runLengths(rows: readonly EntryRow[], valueOf: (row: EntryRow) => number): Uint8Array {
  const out = new ByteWriter(64)
  let start = 0
  let value = valueOf(rows[0]!)
  for (let row = 1; row <= rows.length; row++) {
    const next = row < rows.length ? valueOf(rows[row]!) : -1
    if (next === value) continue
    out.u8(value).varint(row - start)
    value = next
    start = row
  }
  return out.view()
}

/** The texts lie back to back, so that a search scans them as one run of bytes. */
function encodeTexts(rows: readonly EntryRow[]): { textLengths: readonly number[]; text: Uint8Array } {
  return encodeAsciiTexts(rows) ?? encodeMixedTexts(rows)
}

/** One native call for all texts; as long as they are ASCII, their lengths are known beforehand. */
function encodeAsciiTexts(
  rows: readonly EntryRow[],
): { textLengths: readonly number[]; text: Uint8Array } | undefined {
  const textLengths: number[] = []
  let joined = ''
  for (const { text } of rows) {
    if (typeof text !== 'string') return undefined
    textLengths.push(text.length)
    joined += text
  }
  const text = Buffer.from(joined)
  return text.length === joined.length ? { textLengths, text } : undefined
}

function encodeMixedTexts(rows: readonly EntryRow[]): { textLengths: readonly number[]; text: Uint8Array } {
  const textLengths: number[] = []
  const text = new ByteWriter(rows.length * 128)
  for (const row of rows) {
    const before = text.length
    if (typeof row.text === 'string') text.utf8(row.text)
    else text.bytes(row.text)
    textLengths.push(text.length - before)
  }
  return { textLengths, text: text.view() }
}

function sparse(
  out: ByteWriter,
  id: number,
  rows: readonly EntryRow[],
  valueOf: (row: EntryRow) => string | undefined,
): void {
  let bytes: ByteWriter | undefined
  let previous = -1
  for (let row = 0; row < rows.length; row++) {
    const value = valueOf(rows[row]!)
    if (value === undefined) continue
    bytes ??= new ByteWriter()
    bytes.varint(row - previous - 1).text(value)
    previous = row
  }
  if (bytes !== undefined) column(out, id, bytes.view())
}

/** The columns of a block; each is decoded when it is first asked for, since a search needs few of them. */
export class BlockColumns {
  readonly count: number
  readonly text: Uint8Array
  readonly #columns: ReadonlyMap<number, Uint8Array>
  #timestamps: Float64Array | undefined
  #levels: Uint8Array | undefined
  #textOffsets: Uint32Array | undefined
  #kinds: Uint8Array | undefined
  #metadata: ReadonlyMap<number, string> | undefined
  #ids: ReadonlyMap<number, string> | undefined
  #markers: ReadonlyMap<number, string> | undefined

  /** @param bytes borrowed for as long as the object lives @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array, count: number) {
    this.#columns = splitColumns(bytes)
    this.count = count
    this.text = this.#columns.get(COLUMN_TEXT) ?? EMPTY_BYTES
  }

  get timestamps(): Float64Array {
    return (this.#timestamps ??= readTimestamps(this.#need(COLUMN_TIMESTAMPS), this.count))
  }

  get levels(): Uint8Array {
    return (this.#levels ??= readRunLengths(this.#need(COLUMN_LEVELS), this.count))
  }

  /** `count + 1` offsets into `text`. */
  get textOffsets(): Uint32Array {
    return (this.#textOffsets ??= readOffsets(this.#need(COLUMN_TEXT_LENGTHS), this.count, this.text.length))
  }

  textKind(row: number): TextKind {
    if (!this.#columns.has(COLUMN_TEXT_KINDS)) return 'message'
    this.#kinds ??= readRunLengths(this.#need(COLUMN_TEXT_KINDS), this.count)
    const kind = TEXT_KINDS[this.#kinds[row]!]
    if (kind === undefined) throw damaged('an unknown kind of text')
    return kind
  }

  textBytes(row: number): Uint8Array {
    return this.text.subarray(this.textOffsets[row]!, this.textOffsets[row + 1]!)
  }

  metadata(row: number): string | undefined {
    return this.#columns.has(COLUMN_METADATA) ? this.#allMetadata().get(row) : undefined
  }

  clientId(row: number): string | undefined {
    if (!this.#columns.has(COLUMN_IDS)) return undefined
    this.#ids ??= readSparse(this.#columns.get(COLUMN_IDS), this.count)
    return this.#ids.get(row)
  }

  marker(row: number): string | undefined {
    if (!this.#columns.has(COLUMN_MARKERS)) return undefined
    this.#markers ??= readSparse(this.#columns.get(COLUMN_MARKERS), this.count)
    return this.#markers.get(row)
  }

  /** Decodes every column, for a check of the whole block. @throws STREAM_BLOCK_DAMAGED */
  decodeAll(): void {
    void [this.timestamps, this.levels, this.textOffsets]
    this.textKind(0)
    this.clientId(0)
    this.marker(0)
    this.#allMetadata()
  }

  #allMetadata(): ReadonlyMap<number, string> {
    return (this.#metadata ??= readSparse(this.#columns.get(COLUMN_METADATA), this.count))
  }

  #need(id: number): Uint8Array {
    const bytes = this.#columns.get(id)
    if (bytes === undefined) throw damaged(`no column ${id}`)
    return bytes
  }
}

function damaged(found: string): ForgeError {
  return new ForgeError('STREAM_BLOCK_DAMAGED', `a block holds ${found}`)
}

function splitColumns(bytes: Uint8Array): Map<number, Uint8Array> {
  const all = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a block' })
  const columns = new Map<number, Uint8Array>()
  while (all.remaining > 0) {
    const id = all.u8()
    columns.set(id, all.bytes(all.varint()))
  }
  return columns
}

function columnReader(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a column of a block' })
}

function readTimestamps(bytes: Uint8Array, count: number): Float64Array {
  const from = columnReader(bytes)
  const values = new Float64Array(count)
  let previous = 0
  for (let row = 0; row < count; row++) {
    previous += from.zigzag()
    values[row] = previous
  }
  from.end()
  return values
}

function readRunLengths(bytes: Uint8Array, count: number): Uint8Array {
  const from = columnReader(bytes)
  const values = new Uint8Array(count)
  let row = 0
  while (row < count) {
    const value = from.u8()
    const length = from.varint()
    if (length === 0 || length > count - row) throw damaged('a run that does not fit')
    values.fill(value, row, row + length)
    row += length
  }
  from.end()
  return values
}

function readOffsets(bytes: Uint8Array, count: number, total: number): Uint32Array {
  const from = columnReader(bytes)
  const offsets = new Uint32Array(count + 1)
  let offset = 0
  for (let row = 0; row < count; row++) {
    offset += from.varint()
    offsets[row + 1] = offset
  }
  from.end()
  if (offset !== total) throw damaged('texts of another length than announced')
  return offsets
}

const NOTHING: ReadonlyMap<number, string> = new Map()

function readSparse(bytes: Uint8Array | undefined, count: number): ReadonlyMap<number, string> {
  if (bytes === undefined) return NOTHING
  const from = columnReader(bytes)
  const values = new Map<number, string>()
  let row = -1
  while (from.remaining > 0) {
    row += from.varint() + 1
    if (row >= count) throw damaged('a value beyond its last row')
    values.set(row, from.text())
  }
  return values
}
