import { ByteReader } from '@forgeone/common'
import type { TextKind } from './text-kind.ts'
import { damaged } from './damage.ts'
import { decodeFastRows } from './fast-rows.ts'
import { FastSparse } from './fast-sparse.ts'
import { HeldTexts } from './held-texts.ts'
import { ModelledTexts } from './modelled-texts.ts'
import { PiecedTexts } from './pieced-texts.ts'
import { decodePlainRows, decodePlainTexts, type PlainTexts } from './plain-columns.ts'
import { decodeRowColumns, type RowColumns } from './row-columns.ts'
import {
  FORMAT_FAST,
  FORMAT_PLAIN,
  GROUP_IDS,
  GROUP_MARKERS,
  GROUP_METADATA,
  GROUP_ROWS,
  GROUP_TEXTS,
  MAGIC,
} from './section-layout.ts'
import { SECTION_ROWS_MAX } from './section-rows.ts'
import type { SectionTexts, SparseValues } from './section-texts.ts'
import { decodeSparse } from './sparse-column.ts'

const TEXT_KINDS: readonly TextKind[] = ['message', 'json', 'bytes']
const NO_VALUES: SparseValues = { size: 0, heldBytes: 0, get: () => undefined }

/** A decoded section. Each group of columns is decoded when it is first asked for. */
export class Section {
  readonly count: number
  readonly #format: number
  readonly #encodedBytes: number
  readonly #groups: ReadonlyMap<number, Uint8Array>
  #rows: RowColumns | undefined
  #texts: SectionTexts | undefined
  readonly #sparse = new Map<number, SparseValues>()

  /** @param bytes borrowed for as long as the object lives @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array) {
    const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
    if (from.u16() !== MAGIC) throw from.failure('an unknown format')
    this.#encodedBytes = bytes.length
    this.#format = from.u8()
    if (this.#format > FORMAT_FAST) throw from.failure('an unknown format')
    this.count = from.varint()
    if (this.count < 1 || this.count > SECTION_ROWS_MAX) throw from.failure(`${this.count} rows`)
    const groups = new Map<number, Uint8Array>()
    while (from.remaining > 0) {
      const id = from.u8()
      if (id < GROUP_ROWS || id > GROUP_MARKERS || groups.has(id))
        throw from.failure(`a second or unknown group ${id}`)
      groups.set(id, from.bytes(from.varint()))
    }
    this.#groups = groups
  }

  /** Distances from the first sequence of the block; undefined: 0, 1, 2 … @throws STREAM_BLOCK_DAMAGED */
  get offsets(): Uint32Array | undefined {
    return this.#rowColumns().offsets
  }

  /** @throws STREAM_BLOCK_DAMAGED */
  get timestamps(): Float64Array {
    return this.#rowColumns().timestamps
  }

  /** @throws STREAM_BLOCK_DAMAGED */
  get levels(): Uint8Array {
    return this.#rowColumns().levels
  }

  /** Codes of the kinds of texts; undefined: all 0. @throws STREAM_BLOCK_DAMAGED */
  get textKinds(): Uint8Array | undefined {
    return this.#rowColumns().textKinds
  }

  /** @throws STREAM_BLOCK_DAMAGED */
  textKind(row: number): TextKind {
    const kind = TEXT_KINDS[this.textKinds?.[row] ?? 0]
    if (kind === undefined) throw damaged('an unknown kind of text')
    return kind
  }

  /** All texts back to back. @throws STREAM_BLOCK_DAMAGED */
  get text(): Uint8Array {
    return this.#sectionTexts().all().text
  }

  /** `count + 1` offsets into `text`. @throws STREAM_BLOCK_DAMAGED */
  get textOffsets(): Uint32Array {
    return this.#sectionTexts().all().textOffsets
  }

  /** Text of one row, without decoding more than it needs. @throws STREAM_BLOCK_DAMAGED */
  textBytes(row: number): Uint8Array {
    return this.#sectionTexts().textBytes(row)
  }

  /** Whether these are the texts. Unlike `text` it does not hold all of them. @throws STREAM_BLOCK_DAMAGED */
  hasTexts(texts: PlainTexts): boolean {
    return this.#sectionTexts().areEqual(texts)
  }

  /** Canonical JSON text. @throws STREAM_BLOCK_DAMAGED */
  metadata(row: number): string | undefined {
    return this.#values(GROUP_METADATA).get(row)
  }

  /** @throws STREAM_BLOCK_DAMAGED */
  clientId(row: number): string | undefined {
    return this.#values(GROUP_IDS).get(row)
  }

  /** @throws STREAM_BLOCK_DAMAGED */
  marker(row: number): string | undefined {
    return this.#values(GROUP_MARKERS).get(row)
  }

  /** Number of rows that have metadata, a client id and a marker. @throws STREAM_BLOCK_DAMAGED */
  get sparseCounts(): { metadata: number; ids: number; markers: number } {
    const size = (group: number): number => this.#values(group).size
    return { metadata: size(GROUP_METADATA), ids: size(GROUP_IDS), markers: size(GROUP_MARKERS) }
  }

  /** What is held now, about: the bytes given, and what was decoded so far. */
  get bytes(): number {
    let total = this.#encodedBytes + (this.#texts?.heldBytes ?? 0)
    const { timestamps, levels, textKinds, offsets } = this.#rows ?? {}
    for (const column of [timestamps, levels, textKinds, offsets]) total += column?.byteLength ?? 0
    for (const values of this.#sparse.values()) total += values.heldBytes
    return total
  }

  /** Decodes every column, for a check of the whole section. @throws STREAM_BLOCK_DAMAGED */
  decodeAll(): void {
    for (let row = 0; row < this.count; row++) this.textKind(row)
    this.#sectionTexts().all()
    for (const group of [GROUP_METADATA, GROUP_IDS, GROUP_MARKERS]) {
      const values = this.#values(group)
      for (let row = 0; row < this.count && values.size > 0; row++) values.get(row)
    }
  }

  /** Rows whose text holds the bytes, ascending, found without decoding all texts. @throws STREAM_BLOCK_DAMAGED */
  rowsWithLiteral(literal: Uint8Array): Iterable<number> {
    return this.#sectionTexts().rowsWithLiteral(literal)
  }

  #rowColumns(): RowColumns {
    if (this.#rows === undefined) {
      const bytes = this.#need(GROUP_ROWS)
      if (this.#format === FORMAT_FAST) this.#rows = decodeFastRows(bytes, this.count)
      else if (this.#format === FORMAT_PLAIN) this.#rows = decodePlainRows(bytes, this.count)
      else this.#rows = decodeRowColumns(bytes, this.count)
    }
    return this.#rows
  }

  #sectionTexts(): SectionTexts {
    if (this.#texts === undefined) {
      const bytes = this.#need(GROUP_TEXTS)
      const { count } = this
      if (this.#format === FORMAT_FAST) this.#texts = new PiecedTexts(bytes, count)
      else if (this.#format === FORMAT_PLAIN)
        this.#texts = new HeldTexts(() => decodePlainTexts(bytes, count))
      else this.#texts = new ModelledTexts(bytes, () => ({ count, ...this.#rowColumns() }))
    }
    return this.#texts
  }

  #values(group: number): SparseValues {
    let values = this.#sparse.get(group)
    if (values === undefined) {
      const bytes = this.#groups.get(group)
      values = bytes === undefined ? NO_VALUES : this.#decodeValues(bytes)
      this.#sparse.set(group, values)
    }
    return values
  }

  #decodeValues(bytes: Uint8Array): SparseValues {
    if (this.#format === FORMAT_FAST) return new FastSparse(bytes, this.count)
    return decodeSparse(bytes, this.timestamps, { isPlain: this.#format === FORMAT_PLAIN })
  }

  #need(group: number): Uint8Array {
    const bytes = this.#groups.get(group)
    if (bytes === undefined) throw damaged(`no column group ${group}`)
    return bytes
  }
}
