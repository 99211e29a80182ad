import { isUtf8 } from 'node:buffer'
import { ForgeError, utf8Decode } from '@forgeone/common'
import { ENVIRONMENT_BYTES_MAX, type EnvironmentEntry } from './environment-entry.ts'

/**
 * Outside of quotes: what no reader expands, cuts off or gives a meaning. Braces are expanded by bash behind `export`,
 * blanks of other languages are cut off by dotenv.
 */
const BARE = /(?:[A-Za-z0-9_./:@%+,=^?*![\]~-]|[^\0-\x7f\s\p{C}\p{Z}])*/uy
/** Where a tilde stands for a home directory. */
const HOME_TILDE = /(?:^|[^A-Za-z0-9_./-])~/
/** JavaScript takes U+2028 and U+2029 for ends of lines, and what follows for the next variable. */
const COMMENT = /#[^\n\r\u2028\u2029]*/y

/**
 * Reads the text of an `.env` file as far as bash, `node --env-file` and npm dotenv read it alike: `NAME=value`,
 * optionally behind `export `; `#` comments; values bare, in single or in double quotes, over several lines too.
 * CR LF ends a line; a byte order mark at the start is passed over. Nothing is expanded.
 * @throws VAULT_ENV_FORMAT naming the line: of what these readers take differently, of bytes that are no UTF-8, or of a
 * name that occurs twice
 */
export function parseEnvironment(text: string | Uint8Array): readonly EnvironmentEntry[] {
  const size = typeof text === 'string' ? Buffer.byteLength(text) : text.length
  if (size > ENVIRONMENT_BYTES_MAX)
    throw malformed(1, `the text has more than ${ENVIRONMENT_BYTES_MAX} bytes`)
  const decoded = typeof text === 'string' ? text : decode(text)
  return new EnvironmentParser(decoded.replace(/^\uFEFF/, '')).parse()
}

function decode(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return utf8Decode(bytes)
  let line = 1
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) break
    start = end + 1
  }
  throw malformed(line, 'it is no UTF-8 text; convert the file first')
}

class EnvironmentParser {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  parse(): readonly EnvironmentEntry[] {
    const entries: EnvironmentEntry[] = []
    const names = new Set<string>()
    while (this.#at < this.#text.length) {
      const isIndented = this.#skip(/[ \t]+/y)
      const comment = this.#take(COMMENT)
      // Node.js takes an indented comment with = for a variable, and its value may go over several lines.
      if (isIndented && comment?.includes('=') === true)
        throw malformed(
          this.#line,
          'programs take = in an indented comment differently; begin the line with #',
        )
      if (comment !== undefined || this.#atLineEnd()) {
        this.#endLine('a line holds more than a comment')
        continue
      }
      const { line, entry } = this.#entry()
      if (names.has(entry.name)) throw malformed(line, `${entry.name} occurs twice`)
      names.add(entry.name)
      entries.push(entry)
    }
    return entries
  }

  #entry(): { line: number; entry: EnvironmentEntry } {
    const line = this.#line
    const isExported = this.#skip(/export /y)
    const name = this.#take(/[A-Za-z_][A-Za-z0-9_]*/y)
    if (name === undefined || !this.#skip(/=/y))
      throw malformed(line, 'it is no NAME=value; no blanks stand around the =')
    const value = this.#value(line)
    const isNothing = value === '' && this.#text[this.#at - 1] === '='
    const blanks = this.#skip(/[ \t]+/y)
    // Node.js takes the next line for the value behind blanks, and `export` for a part of the name.
    if (isNothing && (isExported || blanks))
      throw malformed(
        line,
        "programs take an empty value behind export or before blanks differently; write ''",
      )
    if (blanks) this.#skip(COMMENT)
    this.#endLine(
      'something follows the value that programs read differently; put the value in single quotes',
    )
    return { line, entry: { name, value } }
  }

  #value(line: number): string {
    if (this.#skip(/'/y)) {
      const value = this.#quoted(/[^']*/y, line)
      if (value.endsWith('\\'))
        throw malformed(line, 'programs take a backslash before the closing quote differently')
      this.#at++
      return value
    }
    if (this.#skip(/"/y)) {
      const value = this.#quoted(/[^"]*/y, line)
      if (/[\\$`]/.test(value))
        throw malformed(line, 'programs take \\ $ and ` in double quotes differently; use single quotes')
      this.#at++
      return value
    }
    const value = this.#take(BARE) ?? ''
    if (HOME_TILDE.test(value))
      throw malformed(line, 'shells take ~ for a home directory; put the value in single quotes')
    return value
  }

  /** Up to the closing quote. */
  #quoted(pattern: RegExp, line: number): string {
    const value = this.#take(pattern)!
    if (this.#at >= this.#text.length) throw malformed(line, 'its quote is not closed')
    if (value.includes('\r')) throw malformed(line, 'programs read a carriage return in a value differently')
    if (value.includes('\0')) throw malformed(line, 'it holds a NUL, which no variable can hold')
    if (!value.isWellFormed()) throw malformed(line, 'it is no UTF-8 text')
    this.#line += value.split('\n').length - 1
    return value
  }

  #atLineEnd(): boolean {
    return this.#at >= this.#text.length || /\r?\n/y.test(this.#text.slice(this.#at, this.#at + 2))
  }

  #endLine(otherwise: string): void {
    if (!this.#atLineEnd()) throw malformed(this.#line, otherwise)
    this.#skip(/\r?\n/y)
    this.#line++
  }

  #skip(pattern: RegExp): boolean {
    const found = this.#take(pattern)
    return found !== undefined && found !== ''
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }
}

function malformed(line: number, reason: string): ForgeError {
  // The reason never repeats the text of the line: it holds a secret.
  return new ForgeError('VAULT_ENV_FORMAT', `line ${line} cannot be read: ${reason}`, { details: { line } })
}
