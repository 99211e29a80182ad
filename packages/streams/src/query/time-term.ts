import { isForgeError } from '@forgeone/common'
import { parseDuration } from '../time/duration.ts'
import { parseIsoMoment, parseTimeExpression } from '../time/time-expression.ts'
import type { ScalarTest } from './ast.ts'
import type { QueryLexer } from './lexer.ts'

const TIME_FORMS: readonly string[] = ['a time such as 2026-01-31, 2026-01-31T10:00Z, -15m or now']

/** Checks a time value and keeps its text. @throws STREAM_QUERY_SYNTAX at the offset */
export function checkTime(lexer: QueryLexer, text: string, offset: number): string {
  try {
    parseTimeExpression(text, 0)
  } catch (error) {
    if (!isForgeError(error, 'STREAM_TIME_INVALID')) throw error
    throw lexer.fault(`"${text}" is not a time`, TIME_FORMS, offset)
  }
  return text
}

/**
 * The short forms of a time test: `-1h` or `1h` is everything since then, and a date, minute or second is the whole of
 * it. Undefined, with nothing read, when another form stands here.
 */
export function readBareTime(lexer: QueryLexer): ScalarTest | undefined {
  const offset = lexer.offset
  const text = lexer.peek() === '"' ? lexer.readPhrase() : lexer.readBareWord()
  const test = text === undefined ? undefined : (sinceTest(text) ?? spanTest(text))
  if (test === undefined) lexer.rewind(offset)
  return test
}

function sinceTest(text: string): ScalarTest | undefined {
  const distance = text.startsWith('-') ? text.slice(1) : text
  if (parseDuration(distance) === undefined) return undefined
  return { kind: 'compare', operator: '>=', value: `-${distance}` }
}

function spanTest(text: string): ScalarTest | undefined {
  const moment = parseIsoMoment(text)
  if (moment === undefined || moment.precisionMs === 1) return undefined
  const to = new Date(moment.ms + moment.precisionMs).toISOString()
  return { kind: 'range', from: new Date(moment.ms).toISOString(), to, fromIncluded: true, toIncluded: false }
}
