import { KIND_FIXED, KIND_FRACTION, type ColumnValues } from './column-plan.ts'
import type { Template } from './template-miner.ts'
import type { DecodedTexts } from './text-decoder.ts'

const DOT = 0x2e
/** More of a literal hardly rules out further templates, and tables grow with its square. */
const LITERAL_BYTES_MAX = 64

/** Finds the templates whose rows may hold a literal, from their constants and the distinct values of their columns. */
export class LiteralTemplates {
  readonly #texts: DecodedTexts
  /** By column, filled when first asked for. */
  readonly #distinct: (ReadonlySet<Uint8Array> | undefined)[] = []
  readonly #widths: (NumberWidths | undefined)[] = []

  constructor(texts: DecodedTexts) {
    this.#texts = texts
  }

  /** By template: 1 when a row of it may hold the literal, 0 when none does. */
  candidates(wanted: Uint8Array): Uint8Array {
    // A text without the first bytes of the literal is without the literal.
    const literal = wanted.subarray(0, LITERAL_BYTES_MAX)
    const overlaps: (Overlaps | undefined)[] = []
    return Uint8Array.from(this.#texts.templates, (template) =>
      this.#mayHold(template, literal, overlaps) ? 1 : 0,
    )
  }

  #mayHold(
    { constants, columns }: Template,
    literal: Uint8Array,
    overlaps: (Overlaps | undefined)[],
  ): boolean {
    const matcher = new LiteralMatcher(literal)
    for (const [slot, constant] of constants.entries()) {
      matcher.constant(constant)
      const index = columns[slot]
      if (index === undefined || matcher.isFound) continue
      const column = this.#texts.columns[index]!
      if (column.strings === undefined) matcher.number((this.#widths[index] ??= widthsOf(column)))
      else {
        const distinct = (this.#distinct[index] ??= new Set(column.strings))
        matcher.strings((overlaps[index] ??= overlapsOf(distinct, literal)))
      }
    }
    return matcher.isFound
  }
}

/** How strings of a column and the literal can overlap; places are lengths of a beginning of the literal. */
interface Overlaps {
  /** A string holds all of the literal. */
  isInside: boolean
  /** Beginnings that a string ends with. */
  readonly begins: Uint8Array
  /** Beginnings that a string begins with the rest of. */
  readonly finishes: Uint8Array
  /** `from * (length + 1) + to`: a string is what leads from one beginning to a longer one. */
  readonly spans: Uint8Array
}

function overlapsOf(strings: Iterable<Uint8Array>, literal: Uint8Array): Overlaps {
  const { length } = literal
  const overlaps: Overlaps = {
    isInside: false,
    begins: new Uint8Array(length + 1),
    finishes: new Uint8Array(length + 1),
    spans: new Uint8Array((length + 1) ** 2),
  }
  for (const string of strings) addOverlaps(overlaps, string, literal)
  return overlaps
}

/** Lays the literal over the string at every distance at which they touch, and notes where they agree. */
function addOverlaps(overlaps: Overlaps, string: Uint8Array, literal: Uint8Array): void {
  const { begins, finishes, spans } = overlaps
  const { length } = literal
  for (let shift = string.length === 0 ? -length : 1 - length; shift < string.length || shift < 0; shift++) {
    const end = Math.min(string.length, shift + length)
    let at = Math.max(shift, 0)
    while (at < end && string[at] === literal[at - shift]) at += 1
    if (at < end) continue
    if (shift + length <= string.length) {
      if (shift < 0) finishes[-shift] = 1
      else overlaps.isInside = true
    } else if (shift >= 0) begins[string.length - shift] = 1
    else spans[-shift * (length + 1) + string.length - shift] = 1
  }
}

interface NumberWidths {
  readonly least: number
  readonly most: number
  readonly hasPoint: boolean
}

/** Fewest and most bytes of a number of the column. */
function widthsOf({ plan, numbers }: ColumnValues): NumberWidths {
  if (plan.kind === KIND_FIXED) return { least: plan.width, most: plan.width, hasPoint: false }
  let largest = 0
  for (const value of numbers!) if (value > largest) largest = value
  const digits = String(largest).length
  if (plan.kind !== KIND_FRACTION) return { least: 1, most: digits, hasPoint: false }
  return { least: plan.width + 2, most: Math.max(digits, plan.width + 1) + 1, hasPoint: true }
}

/** Whether a literal can stand in a text of constants and numbers, beginning anywhere in it. */
class LiteralMatcher {
  readonly #literal: Uint8Array
  /** By length: such a beginning of the literal may end here. */
  #beginnings: Uint8Array
  #isFound = false

  constructor(literal: Uint8Array) {
    this.#literal = literal
    this.#beginnings = new Uint8Array(literal.length + 1)
    this.#beginnings[0] = 1
    this.#isFound = literal.length === 0
  }

  get isFound(): boolean {
    return this.#isFound
  }

  /** Any of the column's strings. */
  strings({ isInside, begins, finishes, spans }: Overlaps): void {
    const before = this.#beginnings
    const { length } = before
    const after = begins.slice()
    after[0] = 1
    for (let from = 1; from < length; from++) {
      if (before[from] === 0) continue
      if (finishes[from] === 1) this.#isFound = true
      for (let to = from; to < length; to++) after[to]! |= spans[from * length + to]!
    }
    if (isInside) this.#isFound = true
    this.#beginnings = after
  }

  constant(bytes: Uint8Array): void {
    for (const byte of bytes) this.#step((wanted) => wanted === byte)
  }

  number({ least, most, hasPoint }: NumberWidths): void {
    const ends = new Uint8Array(this.#literal.length + 1)
    for (let width = 1; width <= most; width++) {
      this.#step((wanted) => (wanted >= 0x30 && wanted <= 0x39) || (hasPoint && wanted === DOT))
      if (width >= least) for (let at = 0; at < ends.length; at++) ends[at]! |= this.#beginnings[at]!
    }
    this.#beginnings = ends
  }

  #step(fits: (wanted: number) => boolean): void {
    const literal = this.#literal
    const beginnings = this.#beginnings
    for (let at = literal.length; at > 0; at--) {
      beginnings[at] = beginnings[at - 1] === 1 && fits(literal[at - 1]!) ? 1 : 0
    }
    if (beginnings[literal.length] === 1) this.#isFound = true
  }
}
