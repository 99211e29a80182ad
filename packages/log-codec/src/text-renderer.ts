import { asBuffer } from '@forgeone/common'
import { KIND_FIXED, KIND_FRACTION, type ColumnValues } from './column-plan.ts'
import { damaged } from './damage.ts'
import { placeOfRow } from './place-of-row.ts'
import type { PlainTexts } from './plain-columns.ts'
import type { Template } from './template-miner.ts'
import type { DecodedTexts } from './text-decoder.ts'

/** Constants up to this length are copied byte by byte: a native call costs more. */
const SHORT_BYTES = 24
const DIGITS = 24
/** Texts are compared so many bytes at a time. */
const COMPARED_BYTES = 262_144

/** Writes texts from their templates and columns. */
export class TextRenderer {
  readonly #texts: DecodedTexts
  #out: Uint8Array
  #at = 0
  readonly #digits: Uint8Array = new Uint8Array(DIGITS)

  constructor(texts: DecodedTexts) {
    this.#texts = texts
    this.#out = new Uint8Array(0)
  }

  /** All texts and `count + 1` offsets. @throws STREAM_BLOCK_DAMAGED when they are not as long as announced */
  all(): PlainTexts {
    const texts = this.rowsOf(new Uint8Array(this.#texts.templates.length).fill(1))
    if (texts.text.length !== this.#texts.textBytes) throw damaged('texts of another length than announced')
    return texts
  }

  /** Texts of the templates that are marked 1, the others empty. @throws STREAM_BLOCK_DAMAGED */
  rowsOf(isWanted: Uint8Array): PlainTexts {
    const { templates, templateOfRow, columns, textBytes } = this.#texts
    const places = new Uint32Array(columns.length)
    const textOffsets = new Uint32Array(templateOfRow.length + 1)
    this.#out = new Uint8Array(textBytes)
    this.#at = 0
    for (let row = 0; row < templateOfRow.length; row++) {
      const index = templateOfRow[row]!
      if (isWanted[index] === 1) this.#row(templates[index]!, places)
      else for (const column of templates[index]!.columns) places[column]! += 1
      textOffsets[row + 1] = this.#at
    }
    const text = this.#out.subarray(0, this.#at)
    // It is the caller's now.
    this.#out = new Uint8Array(0)
    return { text, textOffsets }
  }

  /** Whether these are the texts; a few rows are held at a time. @throws STREAM_BLOCK_DAMAGED */
  areEqual({ text, textOffsets }: PlainTexts): boolean {
    const { templates, templateOfRow, columns, textBytes } = this.#texts
    if (textBytes !== text.length || textOffsets.length !== templateOfRow.length + 1) return false
    const wanted = asBuffer(text)
    const places = new Uint32Array(columns.length)
    let first = 0
    for (let row = 0; row < templateOfRow.length; row++) {
      const start = textOffsets[first]!
      if (row === first) this.#reserve(Math.max(textOffsets[row + 1]! - start, COMPARED_BYTES))
      this.#row(templates[templateOfRow[row]!]!, places)
      if (start + this.#at !== textOffsets[row + 1]) return false
      const next = textOffsets[row + 2] ?? Number.POSITIVE_INFINITY
      if (next - start <= this.#out.length) continue
      if (!wanted.subarray(start, start + this.#at).equals(this.#out.subarray(0, this.#at))) return false
      first = row + 1
    }
    return true
  }

  /** A copy of one text. @throws STREAM_BLOCK_DAMAGED */
  one(row: number): Uint8Array {
    const { templates, templateOfRow, columns } = this.#texts
    const template = templates[templateOfRow[row]!]!
    const places = template.columns.map((column) => placeOfRow(columns[column]!.rows, row))
    let bytes = 0
    for (const constant of template.constants) bytes += constant.length
    for (const [slot, column] of template.columns.entries())
      bytes += columns[column]!.strings?.[places[slot]!]!.length ?? DIGITS
    if (bytes > this.#texts.textBytes + template.columns.length * DIGITS)
      throw damaged('longer texts than announced')
    this.#reserve(bytes)
    for (const [slot, column] of template.columns.entries()) {
      this.#bytes(template.constants[slot]!)
      this.#value(columns[column]!, places[slot]!)
    }
    this.#bytes(template.constants.at(-1)!)
    return this.#out.slice(0, this.#at)
  }

  /** Begins a text, or texts, of so many bytes at most. */
  #reserve(bytes: number): void {
    if (this.#out.length < bytes) this.#out = new Uint8Array(bytes)
    this.#at = 0
  }

  /** Appends the next row of a template. @param places of the next value of each column, moved on */
  #row({ constants, columns: slots }: Template, places: Uint32Array): void {
    const { columns } = this.#texts
    for (let slot = 0; slot < slots.length; slot++) {
      const column = slots[slot]!
      this.#bytes(constants[slot]!)
      this.#value(columns[column]!, places[column]!++)
    }
    this.#bytes(constants[constants.length - 1]!)
  }

  #value({ plan, numbers, strings }: ColumnValues, place: number): void {
    if (strings !== undefined) {
      this.#bytes(strings[place]!)
      return
    }
    const value = numbers![place]!
    if (plan.kind === KIND_FIXED) this.#number(value, plan.width)
    else if (plan.kind === KIND_FRACTION) {
      const unit = 10 ** plan.width
      this.#number(Math.floor(value / unit), 1)
      this.#byte(0x2e)
      this.#number(value % unit, plan.width)
    } else this.#number(value, 1)
  }

  #number(value: number, width: number): void {
    const digits = this.#digits
    let first = DIGITS
    let rest = value
    while (rest >= 0x8000_0000) {
      const next = Math.floor(rest / 10)
      digits[--first] = 0x30 + (rest - next * 10)
      rest = next
    }
    let small = rest | 0
    while (small > 0) {
      const next = (small / 10) | 0
      digits[--first] = 0x30 + (small - next * 10)
      small = next
    }
    while (DIGITS - first < width) digits[--first] = 0x30
    if (this.#at + DIGITS - first > this.#out.length) throw damaged('longer texts than announced')
    while (first < DIGITS) this.#out[this.#at++] = digits[first++]!
  }

  #byte(byte: number): void {
    if (this.#at >= this.#out.length) throw damaged('longer texts than announced')
    this.#out[this.#at++] = byte
  }

  #bytes(bytes: Uint8Array): void {
    const out = this.#out
    const { length } = bytes
    const at = this.#at
    if (length > out.length - at) throw damaged('longer texts than announced')
    if (length > SHORT_BYTES) out.set(bytes, at)
    else for (let index = 0; index < length; index++) out[at + index] = bytes[index]!
    this.#at = at + length
  }
}
