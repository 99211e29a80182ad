import type { JsonValue } from './canonical-json.ts'
import { compareDecimals, decimalOf, parseDecimal } from './decimal.ts'
import type { ErrorCode } from './error-codes.ts'
import { ForgeError } from './forge-error.ts'

/** A double keeps so many digits whatever they are. */
const DIGITS_KEPT = 15
const PATH_CHARACTERS_MAX = 100

/**
 * Reads JSON text of a user as exactly what it says. `JSON.parse` alone would change it in silence: a number that no
 * double holds becomes its neighbour or nothing, and of two members with one name the first is dropped.
 * Refused, with the code given, and the place but not the value: these two, and what is no JSON.
 */
export function parseExactJson(text: string, { code, what }: { code: ErrorCode; what: string }): JsonValue {
  let value: JsonValue
  try {
    // JSON.parse gives JSON values by definition.
    value = JSON.parse(text) as JsonValue
  } catch {
    // Its own message repeats the text.
    throw new ForgeError(code, `${what} is not JSON`)
  }
  const loss = new LossFinder(text).find()
  if (loss === undefined) return value
  throw new ForgeError(code, `${what} ${loss}`)
}

interface Level {
  /** Names of members so far; undefined in an array. */
  readonly names: Set<string> | undefined
  name: string
  index: number
}

/** Walks over text that is known to be JSON, with a stack of its own: depth costs no calls. */
class LossFinder {
  readonly #text: string
  readonly #levels: Level[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** @returns what would be lost, or undefined */
  find(): string | undefined {
    const text = this.#text
    while (this.#at < text.length) {
      const character = text[this.#at]!
      if (character === '"') {
        const twice = this.#string()
        if (twice !== undefined) return twice
      } else if (character === '{') this.#open(new Set())
      else if (character === '[') this.#open(undefined)
      else if (character === '}' || character === ']') {
        this.#levels.pop()
        this.#at++
      } else if (character === ',') {
        const level = this.#levels.at(-1)!
        level.index++
        level.name = ''
        this.#at++
      } else if (character === '-' || (character >= '0' && character <= '9')) {
        const start = this.#at
        while (/[\d.eE+-]/.test(text[this.#at] ?? '')) this.#at++
        if (!isKept(text.slice(start, this.#at)))
          return `holds a number${this.#place()} that would not keep its digits; write it as a text, in quotes`
      } else this.#at++
    }
    return undefined
  }

  #open(names: Set<string> | undefined): void {
    this.#levels.push({ names, name: '', index: 0 })
    this.#at++
  }

  #string(): string | undefined {
    const start = this.#at
    let end = this.#text.indexOf('"', start + 1)
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1)
    this.#at = end + 1
    const level = this.#levels.at(-1)
    if (level?.names === undefined || level.name !== '') return undefined
    const raw = this.#text.slice(start, end + 1)
    // A name of no characters has quotes at least, so that it counts as read.
    level.name = raw.includes('\\') ? JSON.stringify(JSON.parse(raw)) : raw
    if (level.names.has(level.name)) return `has the member${this.#place()} twice`
    level.names.add(level.name)
    return undefined
  }

  /** Behind an odd number of backslashes. */
  #isEscaped(quote: number): boolean {
    let first = quote
    while (this.#text[first - 1] === '\\') first--
    return (quote - first) % 2 === 1
  }

  #place(): string {
    const path = this.#levels.map(({ names, name, index }) =>
      names === undefined ? `[${index}]` : /^"\w+"$/.test(name) ? `.${name.slice(1, -1)}` : `[${name}]`,
    )
    const text = path.join('').replace(/^\./, '')
    if (text === '') return ''
    return ` ${text.length > PATH_CHARACTERS_MAX ? `${text.slice(0, PATH_CHARACTERS_MAX)}…` : text}`
  }
}

/** True when the number that is stored is written with the same value. */
function isKept(token: string): boolean {
  if (token.length <= DIGITS_KEPT && !/[eE]/.test(token)) return true
  const number = Number(token)
  // JSON writes numbers as the decimals that are compared here.
  return Number.isFinite(number) && compareDecimals(parseDecimal(token)!, decimalOf(number)) === 0
}
