import type { PhraseTest, TextTest } from './ast.ts'
import { REGEX_ROW_CHARS_MAX } from './limits.ts'
import { isTokenAt, isTokenBefore } from './token.ts'

export type TextPredicate = (text: string) => boolean

const EDGE_OF_TEXT = 0

/** Compiles a text test. `onCut` is called when a text is too long for a regular expression to see all of it. */
export function compileTextTest(test: TextTest, onCut?: () => void): TextPredicate {
  switch (test.kind) {
    case 'phrase':
      return test.fold ? foldedPhrase(test) : exactPhrase(test)
    case 'substring': {
      const { text: wanted } = test
      return (text) => text.includes(wanted)
    }
    case 'regex': {
      // The parser has refused expressions that can take exponential time.
      const expression = new RegExp(test.source, 'u')
      return (text) => {
        if (text.length <= REGEX_ROW_CHARS_MAX) return expression.test(text)
        onCut?.()
        return expression.test(text.slice(0, REGEX_ROW_CHARS_MAX))
      }
    }
  }
}

/** Which edges of a phrase must not touch a further token character. */
function guardedEdges({ text, prefix }: PhraseTest): { readonly head: boolean; readonly tail: boolean } {
  return { head: isTokenAt(text, EDGE_OF_TEXT), tail: !prefix && isTokenBefore(text, text.length) }
}

function exactPhrase(test: PhraseTest): TextPredicate {
  const { text: phrase } = test
  const { head, tail } = guardedEdges(test)
  return (text) => {
    for (let at = text.indexOf(phrase); at !== -1; at = text.indexOf(phrase, at + 1)) {
      if ((!head || !isTokenBefore(text, at)) && (!tail || !isTokenAt(text, at + phrase.length))) return true
    }
    return false
  }
}

function foldedPhrase(test: PhraseTest): TextPredicate {
  const { head, tail } = guardedEdges(test)
  const { length } = test.text
  const expression = new RegExp(foldedSource(test.text), 'g')
  return (text) => {
    expression.lastIndex = 0
    for (let found = expression.exec(text); found !== null; found = expression.exec(text)) {
      const at = found.index
      if ((!head || !isTokenBefore(text, at)) && (!tail || !isTokenAt(text, at + length))) return true
      expression.lastIndex = at + 1
    }
    return false
  }
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
