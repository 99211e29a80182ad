import type { StepBudget } from '../regex/step-budget.ts'
import type { TextSearch } from '../regex/text-search.ts'
import type { PhraseTest } from './ast.ts'
import { isTokenAt, isTokenBefore } from './token.ts'

const EDGE_OF_TEXT = 0
const CAPITALS = /[A-Z]+/g
/** An expression tries a whole phrase at every place of a text, which is fast for short ones alone. */
const FOLDED_BY_EXPRESSION_CHARS_MAX = 32

/** Finds a phrase whose edges cut no token; with `fold` ASCII case is ignored, and only that. */
export class PhraseSearch implements TextSearch {
  readonly #phrase: string
  readonly #fold: boolean
  readonly #expression: RegExp | undefined
  /** Which edges must not touch a further token character. */
  readonly #head: boolean
  readonly #tail: boolean
  #text = ''
  #from = 0

  constructor({ text, prefix, fold }: PhraseTest) {
    const isShort = text.length <= FOLDED_BY_EXPRESSION_CHARS_MAX
    this.#expression = fold && isShort ? new RegExp(foldedSource(text), 'g') : undefined
    this.#fold = fold && !isShort
    this.#phrase = this.#fold ? lowered(text) : text
    this.#head = isTokenAt(text, EDGE_OF_TEXT)
    this.#tail = !prefix && isTokenBefore(text, text.length)
  }

  begin(text: string): void {
    this.#text = this.#fold ? lowered(text) : text
    this.#from = 0
  }

  run(budget: StepBudget): boolean | undefined {
    const text = this.#text
    const { length } = this.#phrase
    // A phrase that overlaps itself can stand at every place, each of which costs its length.
    while (!budget.isSpent) {
      const at = this.#next()
      if (at === -1) return false
      const isWhole =
        (!this.#head || !isTokenBefore(text, at)) && (!this.#tail || !isTokenAt(text, at + length))
      if (isWhole) return true
      this.#from = at + 1
      budget.take(length + 1)
    }
    return undefined
  }

  #next(): number {
    if (this.#expression === undefined) return this.#text.indexOf(this.#phrase, this.#from)
    this.#expression.lastIndex = this.#from
    return this.#expression.exec(this.#text)?.index ?? -1
  }
}

/** Case of ASCII only: lower case of other letters can have another length. */
function lowered(text: string): string {
  return text.replaceAll(CAPITALS, (capitals) => capitals.toLowerCase())
}

/** ASCII case only: the `i` flag would fold letters above ASCII too. */
function foldedSource(text: string): string {
  return text.replaceAll(/[a-z]|[^\w\s]/gi, (character) =>
    /[a-z]/i.test(character)
      ? `[${character.toLowerCase()}${character.toUpperCase()}]`
      : escapeUnit(character),
  )
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
