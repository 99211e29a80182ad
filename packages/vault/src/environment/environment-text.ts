import { ForgeError } from '@forgeone/common'

/** Names that a shell and every language can read. */
export const ENVIRONMENT_NAME: RegExp = /^[A-Z_][A-Z0-9_]*$/
const ENVIRONMENT_BYTES_MAX = 1024 * 1024

/** A variable of an `.env` text. */
export interface EnvironmentEntry {
  readonly name: string
  readonly value: string
}

/**
 * Reads the text of an `.env` file: `NAME=value`, optionally behind `export`; `#` comments; values bare, in single quotes
 * (literally) or in double quotes (with \n \r \t \\ \" \$, over several lines). Nothing is expanded.
 * @throws VAULT_ENV_FORMAT naming the line: of a malformed one, or of a name that occurs twice
 */
export function parseEnvironment(text: string): readonly EnvironmentEntry[] {
  if (text.length > ENVIRONMENT_BYTES_MAX)
    throw malformed(1, `the text is above ${ENVIRONMENT_BYTES_MAX} characters`)
  return new EnvironmentParser(text.replaceAll('\r\n', '\n')).parse()
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
      this.#skip(/[ \t]*/y)
      if (this.#skip(/#[^\n]*/y) || this.#atLineEnd()) {
        this.#endLine()
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
    this.#skip(/export[ \t]+/y)
    const name = this.#take(/[A-Za-z_][A-Za-z0-9_]*/y)
    if (name === undefined || !this.#skip(/[ \t]*=[ \t]*/y)) throw malformed(line, 'it is no NAME=value')
    const value = this.#value(line)
    this.#skip(/[ \t]*(#[^\n]*)?/y)
    if (!this.#atLineEnd())
      throw malformed(this.#line, 'something follows the value; quote values with blanks or #')
    this.#endLine()
    return { line, entry: { name, value } }
  }

  #value(line: number): string {
    if (this.#skip(/'/y)) {
      const value = this.#take(/[^']*/y)!
      this.#countLines(value)
      if (!this.#skip(/'/y)) throw malformed(line, 'its quote is not closed')
      return value
    }
    if (this.#skip(/"/y)) {
      const raw = this.#take(/(?:[^"\\]|\\[^])*/y)!
      this.#countLines(raw)
      if (!this.#skip(/"/y)) throw malformed(line, 'its quote is not closed')
      return unescape(raw, line)
    }
    return this.#take(/[^\s#'"]*/y) ?? ''
  }

  #atLineEnd(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === '\n'
  }

  #endLine(): void {
    this.#at++
    this.#line++
  }

  #countLines(text: string): void {
    this.#line += text.split('\n').length - 1
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

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' }

function unescape(raw: string, line: number): string {
  return raw.replaceAll(/\\([^])/g, (_, character: string) => {
    const meant = ESCAPES[character]
    if (meant === undefined) throw malformed(line, `\\${character} is no escape`)
    return meant
  })
}

function malformed(line: number, reason: string): ForgeError {
  // The reason never repeats the text of the line: it holds a secret.
  return new ForgeError('VAULT_ENV_FORMAT', `line ${line} cannot be read: ${reason}`, { details: { line } })
}

/** The text of an `.env` file, which `parseEnvironment` reads back. */
export function formatEnvironment(entries: readonly EnvironmentEntry[]): string {
  return entries.map(({ name, value }) => `${name}=${quote(value)}\n`).join('')
}

function quote(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]*$/.test(value)) return value
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('$', '\\$')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return `"${escaped}"`
}
