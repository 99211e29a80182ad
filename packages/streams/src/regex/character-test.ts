/** One character of a regular expression: a code point, or whatever a class, an escape or a dot stands for. */
export interface CharacterTest {
  /** Equal for tests that mean the same. */
  readonly key: string
  /** The code point, when it is a plain one whose case matters. */
  readonly literal: number | undefined
  matches(codePoint: number): boolean
}

export function literalTest(codePoint: number): CharacterTest {
  return { key: `=${codePoint}`, literal: codePoint, matches: (other) => other === codePoint }
}

/**
 * The test of a part of a pattern that stands for one character. JavaScript's own expressions decide what belongs to
 * it, properties and case folding included: over a single character they take constant time.
 */
export function classTest(source: string, flags: string): CharacterTest {
  const expression = new RegExp(`^(?:${source})$`, flags)
  return {
    key: `${flags} ${source}`,
    literal: undefined,
    matches: (codePoint) => expression.test(String.fromCodePoint(codePoint)),
  }
}

const WORD = /^\w$/u
const WORD_WHEN_FOLDED = /^\w$/iu

/** What a character is to the assertions beside it. Bits, so that one number says all. */
export const WORD_BIT = 1
export const FOLDED_WORD_BIT = 2
export const LINE_END_BIT = 4
/** Stands for both ends of the text. */
export const EDGE_OF_TEXT_BIT = 8

export function contextBits(codePoint: number): number {
  const isLineEnd = codePoint === 10 || codePoint === 13 || codePoint === 0x2028 || codePoint === 0x2029
  if (isLineEnd) return LINE_END_BIT
  const character = String.fromCodePoint(codePoint)
  return (WORD.test(character) ? WORD_BIT : 0) | (WORD_WHEN_FOLDED.test(character) ? FOLDED_WORD_BIT : 0)
}
