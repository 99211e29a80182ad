import type { ForgeError } from '@forgeone/common'
import { querySyntaxError } from '../syntax/query-error.ts'

const BLANKS = /\s+/y
/**
 * A bare word runs until a blank, a parenthesis, a pipe or a quote. Whatever else it holds belongs to it, so paths,
 * addresses and `key=value` need no quotes; with characters that are not of a token it is searched as a phrase.
 */
const BARE_WORD = /[^\s()|"]+/y
/** In lists and ranges a word also ends at a comma or a bracket. */
const LIST_WORD = /[^\s()|",[\]]+/y
const WORD_END = /[\s()|"]/
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy

/**
 * A place in the text of a query. What a character means depends on where it stands, so the parser asks for the kind
 * of token that may come next instead of reading a list of tokens made beforehand.
 */
export class QueryLexer {
  readonly text: string
  #offset = 0

  constructor(text: string) {
    this.text = text
  }

  get offset(): number {
    return this.#offset
  }

  get atEnd(): boolean {
    return this.#offset >= this.text.length
  }

  /** Goes back to a place read earlier. */
  rewind(offset: number): void {
    this.#offset = offset
  }

  skipBlanks(): void {
    this.match(BLANKS)
  }

  /** The character `ahead` of the place, or '' past the end. */
  peek(ahead = 0): string {
    return this.text[this.#offset + ahead] ?? ''
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.#offset)
  }

  take(text: string): boolean {
    if (!this.startsWith(text)) return false
    this.#offset += text.length
    return true
  }

  /** Takes what a sticky expression matches here. */
  match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#offset
    const found = expression.exec(this.text)?.[0]
    if (found !== undefined) this.#offset += found.length
    return found
  }

  /** True when a bare word would end `ahead` of the place. */
  wordEndsAt(ahead: number): boolean {
    const character = this.peek(ahead)
    return character === '' || WORD_END.test(character)
  }

  /** True when the keyword, in capitals as all keywords of the filter are, stands here as a whole word. */
  atKeyword(keyword: string): boolean {
    return this.startsWith(keyword) && this.wordEndsAt(keyword.length)
  }

  takeKeyword(keyword: string): boolean {
    return this.atKeyword(keyword) && this.take(keyword)
  }

  readBareWord(): string | undefined {
    return this.match(BARE_WORD)
  }

  /** A name of a pipe, a column or a function. */
  readName(): string | undefined {
    return this.match(NAME)
  }

  /** A phrase in quotes: `\"` is a quote and `\\` a backslash; any other backslash stands for itself. */
  readPhrase(): string {
    const start = this.#offset
    if (!this.take('"')) throw this.fault('no quoted text', ['"'])
    let phrase = ''
    for (let at = this.#offset; at < this.text.length; at += 1) {
      const character = this.text[at]!
      if (character === '"') {
        this.#offset = at + 1
        return phrase
      }
      const next = this.text[at + 1]
      const isEscape = character === '\\' && (next === '"' || next === '\\')
      if (isEscape) at += 1
      phrase += isEscape ? next : character
    }
    throw this.fault('the quote is not closed', ['a closing "'], start)
  }

  /** A value to compare with: quoted, or bare up to the end of a word. */
  readScalar({ inList }: { readonly inList: boolean }): string {
    if (this.peek() === '"') return this.readPhrase()
    const word = this.match(inList ? LIST_WORD : BARE_WORD)
    if (word === undefined) throw this.fault('a value is missing', ['a word', 'a quoted text'])
    return word
  }

  /** Takes `text` after any blanks. @throws STREAM_QUERY_SYNTAX when something else is there */
  expect(text: string): void {
    this.skipBlanks()
    if (!this.take(text)) throw this.fault(this.#foundHere(), [text])
  }

  /** The error for a fault, here unless another offset is given. */
  fault(reason: string, expected: readonly string[], offset: number = this.#offset): ForgeError {
    return querySyntaxError({ offset, reason, expected })
  }

  #foundHere(): string {
    return this.atEnd ? 'the query ends too early' : `"${this.peek()}" does not fit here`
  }
}
