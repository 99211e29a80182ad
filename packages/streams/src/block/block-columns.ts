import { ByteReader, ByteWriter, ForgeError } from '@forgeone/common'
import { EMPTY_METADATA, type EntryRow, type TextKind } from '../entry/validate.ts'

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

/** Encodes the columns of rows in order. The bytes are a function of the rows alone, so they can be hashed. */
export function encodeColumns(rows: readonly EntryRow[]): Uint8Array {
  const out = new ByteWriter(rows.length * 160)
  column(out, COLUMN_TIMESTAMPS, timestamps(rows))
  column(out, COLUMN_LEVELS, runLengths(rows, (row) => row.level))
  if (rows.some((row) => row.textKind !== 'message')) {
    column(out, COLUMN_TEXT_KINDS, runLengths(rows, (row) => TEXT_KINDS.indexOf(row.textKind)))
  }
  const { lengths, text } = texts(rows)
  column(out, COLUMN_TEXT_LENGTHS, lengths)
  column(out, COLUMN_TEXT, text)
  sparse(out, COLUMN_METADATA, rows, (row) => (row.metadata === EMPTY_METADATA ? undefined : row.metadata))
  sparse(out, COLUMN_IDS, rows, (row) => row.id)
  sparse(out, COLUMN_MARKERS, rows, (row) => row.marker)
  return out.view()
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
  for (let start = 0; start < rows.length; ) {
    const value = valueOf(rows[start]!)
    let end = start + 1
    while (end < rows.length && valueOf(rows[end]!) === value) end++
    out.u8(value).varint(end - start)
    start = end
  }
  return out.view()
}

/** The texts lie back to back, so that a search scans them as one run of bytes. */
function texts(rows: readonly EntryRow[]): { lengths: Uint8Array; text: Uint8Array } {
  const lengths = new ByteWriter(rows.length * 2)
  const text = new ByteWriter(rows.length * 128)
  for (const row of rows) {
    const before = text.length
    if (typeof row.text === 'string') text.utf8(row.text)
    else text.bytes(row.text)
    lengths.varint(text.length - before)
  }
  return { lengths: lengths.view(), text: text.view() }
}

function sparse(out: ByteWriter, id: number, rows: readonly EntryRow[], valueOf: (row: EntryRow) => string | undefined): void {
  let bytes: ByteWriter | undefined
  let previous = -1
  for (const [index, row] of rows.entries()) {
    const value = valueOf(row)
    if (value === undefined) continue
    bytes ??= new ByteWriter()
    bytes.varint(index - previous - 1).text(value)
    previous = index
  }
  if (bytes !== undefined) column(out, id, bytes.view())
}

/** Decoded columns; texts and rare values are looked up as they are asked for. */
export class BlockColumns {
  readonly count: number
  readonly timestamps: Float64Array
  readonly levels: Uint8Array
  readonly text: Uint8Array
  /** `count + 1` offsets into `text`. */
  readonly textOffsets: Uint32Array
  readonly #kinds: Uint8Array | undefined
  readonly #metadata: ReadonlyMap<number, string>
  readonly #ids: ReadonlyMap<number, string>
  readonly #markers: ReadonlyMap<number, string>

  /** @param bytes borrowed for as long as the object lives @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array, count: number) {
    const columns = splitColumns(bytes)
    this.count = count
    this.timestamps = readTimestamps(reader(columns, COLUMN_TIMESTAMPS), count)
    this.levels = readRunLengths(reader(columns, COLUMN_LEVELS), count)
    this.#kinds = columns.has(COLUMN_TEXT_KINDS) ? readRunLengths(reader(columns, COLUMN_TEXT_KINDS), count) : undefined
    this.text = columns.get(COLUMN_TEXT) ?? new Uint8Array(0)
    this.textOffsets = readOffsets(reader(columns, COLUMN_TEXT_LENGTHS), count, this.text.length)
    this.#metadata = readSparse(columns.get(COLUMN_METADATA), count)
    this.#ids = readSparse(columns.get(COLUMN_IDS), count)
    this.#markers = readSparse(columns.get(COLUMN_MARKERS), count)
  }

  textKind(row: number): TextKind {
    const kind = TEXT_KINDS[this.#kinds?.[row] ?? 0]
    if (kind === undefined) throw damaged('an unknown kind of text')
    return kind
  }

  textBytes(row: number): Uint8Array {
    return this.text.subarray(this.textOffsets[row]!, this.textOffsets[row + 1]!)
  }

  metadata(row: number): string {
    return this.#metadata.get(row) ?? EMPTY_METADATA
  }

  hasMetadata(row: number): boolean {
    return this.#metadata.has(row)
  }

  clientId(row: number): string | undefined {
    return this.#ids.get(row)
  }

  marker(row: number): string | undefined {
    return this.#markers.get(row)
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

function reader(columns: ReadonlyMap<number, Uint8Array>, id: number): ByteReader {
  const bytes = columns.get(id)
  if (bytes === undefined) throw damaged(`no column ${id}`)
  return new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: `column ${id} of a block` })
}

function readTimestamps(from: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count)
  let previous = 0
  for (let row = 0; row < count; row++) {
    previous += from.zigzag()
    values[row] = previous
  }
  from.end()
  return values
}

function readRunLengths(from: ByteReader, count: number): Uint8Array {
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

function readOffsets(from: ByteReader, count: number, total: number): Uint32Array {
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
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a sparse column' })
  const values = new Map<number, string>()
  let row = -1
  while (from.remaining > 0) {
    row += from.varint() + 1
    if (row >= count) throw damaged('a value beyond its last row')
    values.set(row, from.text())
  }
  return values
}
