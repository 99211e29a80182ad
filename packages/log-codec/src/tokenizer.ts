/**
 * Cuts texts into tokens. Between tokens stand separators: blanks, most punctuation, and all that joins the parts of a
 * date or a version. A row's *shape* is the sequence of its separators and of the kinds of its tokens.
 */

/** Tokens of a row at most; the rest of a longer row is one token. It bounds templates. */
export const ROW_TOKENS_MAX = 255
/** A quoted string longer than this is read as single words. */
const QUOTED_BYTES_MAX = 2048

/** A longer run of letters, digits and joiners stays one token. */
const PARTED_BYTES_MAX = 64

const SEPARATOR = 0
const LETTER = 1
const DIGIT = 2
/** Joins the parts of one token: `chrome.exe`, `10.1.2.3`, `2015-10-18`. */
const JOINER = 3

const QUOTE = 0x22
const DOT = 0x2e
const MINUS = 0x2d
const COLON = 0x3a
const LETTER_T = 0x54
const LETTER_Z = 0x5a
const BACKSLASH = 0x5c
const UNDERSCORE = 0x5f
const DOLLAR = 0x24

const BYTE_CLASSES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return DIGIT
  if (byte >= 0x80 || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === DOLLAR)
    return LETTER
  return byte === DOT || byte === MINUS || byte === UNDERSCORE ? JOINER : SEPARATOR
})

const HASH_START = 0x811c9dc5 | 0
const HASH_FACTOR = 0x01000193

export interface TokenizedTexts {
  /** First token of each row, and behind them the number of tokens. */
  readonly rowTokens: Uint32Array
  /** Bytes of a token in the text; behind the last one there is room for the tails of rows. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly hashes: Int32Array
  /** 1 for a token that holds a digit. */
  readonly hasDigit: Uint8Array
  /** Hash of the row up to each token: separators and kinds. */
  readonly shapes: Float64Array
  /** The same of the whole row. */
  readonly rowShapes: Float64Array
}

export function tokenize(text: Uint8Array, offsets: Uint32Array, count: number): TokenizedTexts {
  return new Tokenizer(text, offsets, count).run()
}

class Tokenizer {
  readonly #text: Uint8Array
  readonly #offsets: Uint32Array
  readonly #count: number
  readonly #rowTokens: Uint32Array
  readonly #rowShapes: Float64Array
  #starts: Uint32Array
  #ends: Uint32Array
  #hashes: Int32Array
  #hasDigit: Uint8Array
  #shapes: Float64Array
  #length = 0
  #shapeA = 0
  #shapeB = 0

  constructor(text: Uint8Array, offsets: Uint32Array, count: number) {
    this.#text = text
    this.#offsets = offsets
    this.#count = count
    this.#rowTokens = new Uint32Array(count + 1)
    this.#rowShapes = new Float64Array(count)
    const room = Math.floor(text.length / 4) + count + 256
    this.#starts = new Uint32Array(room)
    this.#ends = new Uint32Array(room)
    this.#hashes = new Int32Array(room)
    this.#hasDigit = new Uint8Array(room)
    this.#shapes = new Float64Array(room)
  }

  run(): TokenizedTexts {
    for (let row = 0; row < this.#count; row++) {
      this.#rowTokens[row] = this.#length
      this.#reserve(2 * ROW_TOKENS_MAX)
      this.#row(this.#offsets[row]!, this.#offsets[row + 1]!)
      this.#rowShapes[row] = this.#shape()
    }
    this.#rowTokens[this.#count] = this.#length
    this.#reserve(this.#count)
    return {
      rowTokens: this.#rowTokens,
      starts: this.#starts,
      ends: this.#ends,
      hashes: this.#hashes,
      hasDigit: this.#hasDigit,
      shapes: this.#shapes,
      rowShapes: this.#rowShapes,
    }
  }

  #row(start: number, end: number): void {
    const text = this.#text
    this.#shapeA = HASH_START
    this.#shapeB = 0
    const limit = this.#length + ROW_TOKENS_MAX
    let at = start
    while (at < end) {
      const byte = text[at]!
      if (this.#length >= limit) {
        this.#token(at, end)
        return
      }
      if (BYTE_CLASSES[byte] !== SEPARATOR) {
        at = this.#word(at, end)
        continue
      }
      this.#separator(byte)
      at += 1
      if (byte === QUOTE) at = this.#quoted(at, end)
    }
  }

  /** A quoted string is one token, whatever it holds. */
  #quoted(start: number, end: number): number {
    const text = this.#text
    const limit = Math.min(end, start + QUOTED_BYTES_MAX)
    let at = start
    while (at < limit && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1
    if (at >= limit || at === start) return start
    this.#token(start, at)
    this.#separator(QUOTE)
    return at + 1
  }

  /** A run of letters, digits and joiners: one token, or one per part of a date, a version, a numbered name. */
  #word(start: number, end: number): number {
    const text = this.#text
    let at = start
    let digitRuns = 0
    let hasLetter = false
    let isMixed = false
    let hasOther = false
    let before = SEPARATOR
    for (; at < end; at++) {
      let kind = BYTE_CLASSES[text[at]!]!
      if (kind === SEPARATOR) break
      if (kind === LETTER && before === DIGIT && this.#isTimeLetter(at, end)) kind = JOINER
      if (kind === DIGIT) {
        if (before !== DIGIT) digitRuns += 1
        if (before === LETTER) isMixed = true
      } else if (kind === LETTER) {
        hasLetter = true
        if (before === DIGIT) isMixed = true
      } else if (text[at] !== DOT) hasOther = true
      before = kind
    }
    let last = at
    while (last > start + 1 && text[last - 1] === DOT) last -= 1
    const isPure = !hasLetter && !hasOther
    // `10.1.2.3` and `1.25` are values of their own; behind a colon the latter are seconds and their fraction.
    const isAddress = isPure && (digitRuns === 4 || (digitRuns === 2 && text[start - 1] !== COLON))
    const isWhole = digitRuns === 0 || isMixed || isAddress || (isPure && digitRuns === 1)
    if (isWhole || last - start > PARTED_BYTES_MAX) this.#token(start, last)
    else this.#parts(start, last)
    for (; last < at; last++) this.#separator(DOT)
    return at
  }

  #parts(start: number, end: number): void {
    const text = this.#text
    let first = start
    for (let at = start; at < end; at++) {
      const kind = BYTE_CLASSES[text[at]!]!
      const followsDigit = at > first && BYTE_CLASSES[text[at - 1]!] === DIGIT
      if (kind !== JOINER && !(kind === LETTER && followsDigit && this.#isTimeLetter(at, end))) continue
      if (at > first) this.#token(first, at)
      this.#separator(text[at]!)
      first = at + 1
    }
    if (end > first) this.#token(first, end)
  }

  /** The letters of `2015-10-18T18:01:47Z`, which join digits. */
  #isTimeLetter(at: number, end: number): boolean {
    const next = at + 1 < end ? BYTE_CLASSES[this.#text[at + 1]!]! : SEPARATOR
    if (this.#text[at] === LETTER_T) return next === DIGIT
    return this.#text[at] === LETTER_Z && next === SEPARATOR
  }

  #token(start: number, end: number): void {
    const text = this.#text
    let hash = HASH_START
    let hasDigit = 0
    for (let at = start; at < end; at++) {
      const byte = text[at]!
      if (byte >= 0x30 && byte <= 0x39) hasDigit = 1
      hash = Math.imul(hash ^ byte, HASH_FACTOR)
    }
    hash ^= hash >>> 15
    const index = this.#length++
    this.#starts[index] = start
    this.#ends[index] = end
    this.#hashes[index] = Math.imul(hash, 0x2c1b3c6d)
    this.#hasDigit[index] = hasDigit
    this.#separator(256 + hasDigit)
    this.#shapes[index] = this.#shape()
  }

  #separator(code: number): void {
    this.#shapeA = Math.imul(this.#shapeA ^ code, HASH_FACTOR)
    this.#shapeB = Math.imul(this.#shapeB + code, 0x9e3779b1) ^ (this.#shapeB >>> 15)
  }

  /** 53 bits of two hashes: rows of equal shape are taken to have equal separators. */
  #shape(): number {
    return (this.#shapeA >>> 0) * 0x20_0000 + (this.#shapeB & 0x1f_ffff)
  }

  #reserve(tokens: number): void {
    const needed = this.#length + tokens
    if (needed <= this.#starts.length) return
    const room = Math.max(needed, this.#starts.length * 2)
    this.#starts = grown(this.#starts, new Uint32Array(room))
    this.#ends = grown(this.#ends, new Uint32Array(room))
    this.#hashes = grown(this.#hashes, new Int32Array(room))
    this.#hasDigit = grown(this.#hasDigit, new Uint8Array(room))
    this.#shapes = grown(this.#shapes, new Float64Array(room))
  }
}

function grown<Values extends { set(values: Values): void }>(from: Values, to: Values): Values {
  to.set(from)
  return to
}
