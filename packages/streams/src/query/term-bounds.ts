import { PRIORITIES, priorityCode } from '../entry/priority.ts'
import { SEVERITIES, severityCode } from '../entry/severity.ts'
import { tokensOfLiteral } from '../filter/tokens.ts'
import { compileSafeRegex } from '../regex/safe-regex.ts'
import { parseTimeExpression } from '../time/time-expression.ts'
import { topicTextFault } from '../topic/topic-name.ts'
import type { QueryTerm, ScalarTest, TopicTest, ValueField, ValueTest } from './ast.ts'
import type { MatchContext } from './match-row.ts'
import { anything, type RowBounds } from './row-bounds.ts'
import { compileNumberTest } from './scalar-test.ts'

/** What one term requires of a row. */
export function termBounds(term: QueryTerm, context: MatchContext): RowBounds {
  const rows = context.rows ?? 'logs'
  switch (term.field.name) {
    // TypeScript does not carry the discriminant of `field` over to `test`: hence the casts.
    case 'topic':
      return topicBounds(term.test as TopicTest)
    case 'time':
      return timeBounds(term.test as ScalarTest, context.now)
    case 'severity':
      return levelBounds(rows === 'logs' ? SEVERITIES.map(severityCode) : [], term.test, severityCode)
    case 'priority':
      return levelBounds(rows === 'events' ? PRIORITIES.map(priorityCode) : [], term.test, priorityCode)
    default:
      return valueBounds(term.field, term.test as ValueTest)
  }
}

function topicBounds(test: TopicTest): RowBounds {
  if (test.kind === 'pattern') return { ...anything({ isExact: true }), topics: [test.text] }
  // A value that is no topic, such as one with a wildcard, equals the name of none.
  if (test.kind === 'in') return { ...anything({ isExact: true }), topics: test.values.filter(isTopicName) }
  if (test.kind === 'compare' && test.operator === '=') {
    return { ...anything({ isExact: true }), topics: [test.value].filter(isTopicName) }
  }
  return anything({ isExact: false })
}

function isTopicName(text: string): boolean {
  return text !== '' && !/[*>]/.test(text) && topicTextFault(text) === undefined
}

function levelBounds<Level extends string>(
  codes: readonly number[],
  test: QueryTerm['test'],
  codeOf: (level: Level) => number,
): RowBounds {
  // The parser gives a level field a scalar test of its names, see `QueryTerm`.
  const allows = compileNumberTest(test as ScalarTest<Level>, codeOf)
  let levels = 0
  for (const code of codes) if (allows(code)) levels |= 1 << code
  return { ...anything({ isExact: true }), levels }
}

function timeBounds(test: ScalarTest, now: number): RowBounds {
  const timeOf = (text: string): number => parseTimeExpression(text, now)
  const all = anything({ isExact: true })
  if (test.kind === 'range') {
    const from = timeOf(test.from) + (test.fromIncluded ? 0 : 1)
    return { ...all, from, to: timeOf(test.to) + (test.toIncluded ? 1 : 0) }
  }
  if (test.kind === 'in') {
    const times = test.values.map(timeOf)
    return { ...all, isExact: false, from: Math.min(...times), to: Math.max(...times) + 1 }
  }
  const time = timeOf(test.value)
  switch (test.operator) {
    case '=':
      return { ...all, from: time, to: time + 1 }
    case '!=':
      return { ...all, isExact: false }
    case '>':
      return { ...all, from: time + 1 }
    case '>=':
      return { ...all, from: time }
    case '<':
      return { ...all, to: time }
    case '<=':
      return { ...all, to: time + 1 }
  }
}

function valueBounds(field: ValueField, test: ValueTest): RowBounds {
  const literal = requiredText(field, test)
  const tokens = requiredTokens(field, test)
  if (literal === undefined || literal === '') return { ...anything({ isExact: false }), tokens }
  const isExact = field.name === 'text' && test.kind === 'substring'
  return { ...anything({ isExact }), literals: [literal], tokens }
}

/** Folding does not matter here: filters hold tokens in lower case. */
function requiredTokens(field: ValueField, test: ValueTest): readonly string[] {
  if (field.name === 'payload') {
    // In the JSON text an escape may touch the edge of a word.
    const literal = requiredText(field, test)
    return literal === undefined ? [] : tokensOfLiteral(literal, { head: false, tail: false })
  }
  if (field.name !== 'text') return []
  switch (test.kind) {
    case 'phrase':
      return tokensOfLiteral(test.text, { head: true, tail: !test.prefix })
    case 'substring':
      return tokensOfLiteral(test.text, { head: false, tail: false })
    case 'regex':
      return tokensOfLiteral(compileSafeRegex(test.source).literal, { head: false, tail: false })
    case 'compare':
      return test.operator === '=' ? tokensOfLiteral(test.value, { head: true, tail: true }) : []
    case 'in':
      return test.values.length === 1 ? tokensOfLiteral(test.values[0]!, { head: true, tail: true }) : []
    default:
      return []
  }
}

/** The text that stands in the text column of every row the test matches. */
function requiredText(field: ValueField, test: ValueTest): string | undefined {
  if (field.name === 'text') return literalOf(test)
  if (field.name !== 'payload') return undefined
  // The column holds JSON: a text that JSON escapes, or a number written in another way, looks different there.
  const literal = test.kind === 'compare' || test.kind === 'in' ? undefined : literalOf(test)
  return literal !== undefined && JSON.stringify(literal) === `"${literal}"` ? literal : undefined
}

function literalOf(test: ValueTest): string | undefined {
  switch (test.kind) {
    case 'phrase':
      // Folding changes ASCII letters only.
      return test.fold && /[a-z]/i.test(test.text) ? undefined : test.text
    case 'substring':
      return test.text
    case 'compare':
      return test.operator === '=' ? test.value : undefined
    case 'in':
      return test.values.length === 1 ? test.values[0] : undefined
    case 'regex':
      return compileSafeRegex(test.source).literal
    default:
      return undefined
  }
}
