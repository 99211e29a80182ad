import { canonicalJson, type JsonValue } from '@forgeone/common'
import { priorityCode } from '../../src/entry/priority.ts'
import { severityCode } from '../../src/entry/severity.ts'
import type { CompareOperator, PhraseTest, QueryNode, QueryTerm, ScalarTest } from '../../src/query/ast.ts'
import type { MatchContext, MatchRow } from '../../src/query/match-row.ts'
import { parseTimeExpression } from '../../src/time/time-expression.ts'
import { compileTopicPattern } from '../../src/topic/topic-pattern.ts'

/** The meaning of a filter in its plainest form, written apart from the matcher. */
export function naiveMatches(node: QueryNode, row: MatchRow, context: MatchContext): boolean {
  switch (node.kind) {
    case 'all':
      return true
    case 'and':
      return node.nodes.every((child) => naiveMatches(child, row, context))
    case 'or':
      return node.nodes.some((child) => naiveMatches(child, row, context))
    case 'not':
      return !naiveMatches(node.node, row, context)
    case 'term':
      return termMatches(node, row, context)
  }
}

function termMatches({ field, test }: QueryTerm, row: MatchRow, context: MatchContext): boolean {
  if (field.name === 'severity' || field.name === 'priority') {
    if ((context.rows ?? 'logs') !== (field.name === 'severity' ? 'logs' : 'events')) return false
    const codeOf = field.name === 'severity' ? severityCode : priorityCode
    return scalarHolds(test as ScalarTest, (text) => row.level - codeOf(text as never))
  }
  if (field.name === 'time') {
    return scalarHolds(test as ScalarTest, (text) => row.timestamp - parseTimeExpression(text, context.now))
  }
  const value = valueOf(field, row)
  if (value === undefined) return false
  const text = typeof value === 'string' ? value : canonicalJson(value, { code: 'INTERNAL', what: 'value' })
  switch (test.kind) {
    case 'exists':
      return true
    case 'phrase':
      return phraseIn(test, text)
    case 'substring':
      return text.includes(test.text)
    case 'regex':
      return new RegExp(test.source, 'u').test(text)
    case 'pattern':
      return compileTopicPattern(test.text).matches(text)
    default:
      return scalarHolds(test, (wanted, operator) => difference(value, text, { wanted, operator }))
  }
}

function valueOf(field: QueryTerm['field'], row: MatchRow): JsonValue | undefined {
  if (field.name === 'topic') return row.topic
  if (field.name === 'text') return row.text()
  if (field.name === 'id') return row.id()
  if (field.name === 'marker') return row.marker()
  if (field.name !== 'metadata' && field.name !== 'payload') return undefined
  let value: unknown = field.name === 'metadata' ? row.metadata() : row.payload()
  for (const part of field.path) {
    const isArray = Array.isArray(value)
    const fits = typeof value === 'object' && value !== null && isArray === (typeof part === 'number')
    value = fits ? Object.entries(value as object).find(([key]) => key === String(part))?.[1] : undefined
  }
  return value as JsonValue | undefined
}

/** Whole tokens by one regular expression with lookaround, which queries themselves may not use. */
function phraseIn({ text: phrase, prefix, fold }: PhraseTest, text: string): boolean {
  const lower = (from: string): string =>
    fold ? from.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : from
  const token = '[\\w[[\\u0080-\\u{10ffff}]&&\\p{L}]]'
  const isEdge = new RegExp(`^${token}`, 'v').test(phrase)
  const isEnd = new RegExp(`${token}$`, 'v').test(phrase)
  const escaped = lower(phrase).replaceAll(
    /[^\p{L}\p{N}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
  const source = `${isEdge ? `(?<!${token})` : ''}${escaped}${isEnd && !prefix ? `(?!${token})` : ''}`
  return new RegExp(source, 'v').test(lower(text))
}

function scalarHolds(
  test: ScalarTest,
  differenceTo: (wanted: string, operator: CompareOperator) => number,
): boolean {
  const is = (operator: CompareOperator, wanted: string): boolean => {
    const by = differenceTo(wanted, operator)
    if (operator === '=') return by === 0
    if (operator === '!=') return by !== 0
    return operator.startsWith('>')
      ? by > 0 || (by === 0 && operator === '>=')
      : by < 0 || (by === 0 && operator === '<=')
  }
  if (test.kind === 'compare') return is(test.operator, test.value)
  if (test.kind === 'in') return test.values.some((value) => is('=', value))
  return is(test.fromIncluded ? '>=' : '>', test.from) && is(test.toIncluded ? '<=' : '<', test.to)
}

/** An integer and how many powers of ten it counts in: exact, and slow for large exponents. */
function decimal(text: string): readonly [bigint, number] | undefined {
  const found = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)
  if (found === null || `${found[2]}${found[3]}` === '') return undefined
  const whole = BigInt(`${found[2]}${found[3]}`)
  return [found[1] === '-' ? -whole : whole, Number(found[4] ?? 0) - found[3]!.length]
}

export function exactDifference(left: string, right: string): number {
  const [[a, aUnit], [b, bUnit]] = [decimal(left)!, decimal(right)!]
  const unit = Math.min(aUnit, bUnit)
  const by = a * 10n ** BigInt(aUnit - unit) - b * 10n ** BigInt(bUnit - unit)
  return by < 0n ? -1 : by > 0n ? 1 : 0
}

function difference(
  value: JsonValue,
  text: string,
  { wanted, operator }: { readonly wanted: string; readonly operator: CompareOperator },
): number {
  const isNumber = typeof value === 'number'
  if (operator === '=' || operator === '!=') {
    if (isNumber && decimal(wanted) !== undefined) return exactDifference(text, wanted)
    return text === wanted ? 0 : 1
  }
  if (!isNumber && typeof value !== 'string') return NaN
  if (decimal(wanted) !== undefined) return decimal(text) === undefined ? NaN : exactDifference(text, wanted)
  return isNumber ? NaN : text === wanted ? 0 : text < wanted ? -1 : 1
}
