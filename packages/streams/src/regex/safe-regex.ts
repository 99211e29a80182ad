import { ForgeError } from '@forgeone/common'
import { querySyntaxError } from '../syntax/query-error.ts'
import { parseRegex, UnsupportedRegex } from './regex-parser.ts'
import { compileRegex, RegexTooLarge } from './regex-program.ts'
import { RegexSearch } from './regex-search.ts'
import { FixedRegexSearch, isShortAndFixed, nativeExpression } from './fixed-regex-search.ts'
import { literalsOf } from './regex-literals.ts'
import type { TextSearch } from './text-search.ts'

/** Long enough for any expression a person can still read. */
export const REGEX_CHARS_MAX = 512
/**
 * Places of the automaton, counted repetitions written out: bounds the time for a character of a row, and the memory
 * of the compiled expression.
 */
export const REGEX_PLACES_MAX = 1_024

/** A regular expression of a user, compiled for an engine of linear time. */
export interface SafeRegex {
  /** Stands in every text that matches; '' when there is none. */
  readonly literal: string
  search(): TextSearch
}

/**
 * Compiles what JavaScript accepts with the flag `u`, without backreferences and lookaround.
 * @throws STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT, STREAM_QUERY_SYNTAX with the offset of the quoted text
 */
export function compileSafeRegex(source: string, offset = 0): SafeRegex {
  if (typeof source !== 'string' || !isExpression(source, offset)) {
    throw querySyntaxError({ offset, reason: 'this is no regular expression', expected: [] })
  }
  try {
    const node = parseRegex(source)
    const program = compileRegex(node, REGEX_PLACES_MAX)
    const literals = literalsOf(node)
    const native = isShortAndFixed(node) ? nativeExpression(source) : undefined
    const search = (): TextSearch =>
      native === undefined ? new RegexSearch(program, literals) : new FixedRegexSearch(native)
    return { literal: literals.required, search }
  } catch (error) {
    if (error instanceof UnsupportedRegex) {
      const message = `the regular expression uses ${error.message}`
      throw new ForgeError('STREAM_QUERY_UNSAFE', message, { details: { offset, reason: error.message } })
    }
    if (error instanceof RegexTooLarge) {
      const message = `the regular expression has more than ${REGEX_PLACES_MAX} places, repetitions counted out`
      throw new ForgeError('STREAM_QUERY_LIMIT', message, { details: { offset, limit: REGEX_PLACES_MAX } })
    }
    throw error
  }
}

/** Its syntax is that of JavaScript, which also words the refusal; it is never run over a text. */
function isExpression(source: string, offset: number): boolean {
  if (source.length > REGEX_CHARS_MAX) {
    const message = `the regular expression is longer than ${REGEX_CHARS_MAX} characters`
    throw new ForgeError('STREAM_QUERY_LIMIT', message, { details: { offset, limit: REGEX_CHARS_MAX } })
  }
  try {
    return new RegExp(source, 'u').unicode
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'the regular expression is not valid'
    throw querySyntaxError({ offset, reason, expected: ['a regular expression'] })
  }
}
