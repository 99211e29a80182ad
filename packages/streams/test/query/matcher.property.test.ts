import { asBuffer, canonicalJson, utf8Encode, type JsonObject, type JsonValue } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Query } from '../../src/query/ast.ts'
import { compileFilter } from '../../src/query/matcher.ts'
import type { MatchContext, MatchRow, RowKind } from '../../src/query/match-row.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { planAllowsLevel, planQuery, type QueryPlan } from '../../src/query/plan.ts'
import { compileTopicPattern } from '../../src/topic/topic-pattern.ts'
import { naiveMatches } from './naive-filter.ts'
import { commonTerm, nodeOf } from './query-arbitrary.ts'

const NOW = Date.UTC(2024, 0, 1, 12)

interface RowFacts {
  readonly topic: string
  readonly timestamp: number
  readonly severity: number
  readonly priority: number
  readonly message: string
  readonly id: string
  readonly marker: string | undefined
  readonly metadata: JsonObject
  readonly payload: JsonValue
}

const commonText = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', ' ', '.', 'é', '_', '1', '"', '😀'),
  maxLength: 12,
})
const jsonValue = fc.oneof(
  commonText,
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(null, true, 1.5),
  fc.array(commonText, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b'), commonText),
)
const jsonObject = fc.dictionary(fc.constantFrom('a', 'b', 'http-status'), jsonValue, {
  noNullPrototype: true,
})
const rowFacts: fc.Arbitrary<RowFacts> = fc.record({
  topic: fc.constantFrom('a', 'a.b', 'x.b', 'a.b.c', '$dead.x', 'é'),
  timestamp: fc.constantFrom(NOW, NOW - 3_600_000, NOW - 1, Date.UTC(2024, 0, 1), 1_700_000_000_000, 0),
  severity: fc.constantFrom(1, 5, 9, 11, 13, 17, 21),
  priority: fc.nat(3),
  message: commonText,
  id: commonText,
  marker: fc.option(commonText, { nil: undefined }),
  metadata: jsonObject,
  payload: fc.oneof(jsonObject, jsonValue),
})

function rowOf(facts: RowFacts, rows: RowKind): MatchRow {
  const isLog = rows === 'logs'
  return {
    topic: facts.topic,
    timestamp: facts.timestamp,
    level: isLog ? facts.severity : facts.priority,
    text: () => (isLog ? facts.message : canonicalJson(facts.payload, { code: 'INTERNAL', what: 'payload' })),
    id: () => facts.id,
    marker: () => facts.marker,
    metadata: () => facts.metadata,
    payload: () => (isLog ? undefined : facts.payload),
  }
}

function planAllows(plan: QueryPlan, row: MatchRow): boolean {
  const bytes = asBuffer(utf8Encode(row.text()))
  return (
    !plan.isEmpty &&
    (plan.topicPatterns === undefined ||
      plan.topicPatterns.some((pattern) => compileTopicPattern(pattern).matches(row.topic))) &&
    row.timestamp >= plan.timeFrom &&
    row.timestamp < plan.timeTo &&
    planAllowsLevel(plan, row.level) &&
    plan.requiredLiterals.every((literal) => bytes.includes(asBuffer(literal)))
  )
}

const query: fc.Arbitrary<Query> = nodeOf(commonTerm).map((filter) => ({ filter, pipes: [] }))
const kind = fc.constantFrom<RowKind>('logs', 'events')

describe('the matcher', () => {
  test('agrees with a naive filter', () => {
    let hits = 0
    fc.assert(
      fc.property(query, rowFacts, kind, ({ filter }, facts, rows) => {
        const context: MatchContext = { now: NOW, rows }
        const row = rowOf(facts, rows)
        const expected = naiveMatches(filter, row, context)
        if (expected) hits += 1
        expect(compileFilter(filter, context)(row)).toBe(expected)
      }),
      { numRuns: 5_000 },
    )
    expect(hits).toBeGreaterThan(500)
  })

  test('finds only rows that the plan lets through, and all of them when the plan is exact', () => {
    fc.assert(
      fc.property(query, fc.array(rowFacts, { minLength: 1, maxLength: 8 }), kind, (wanted, facts, rows) => {
        const context: MatchContext = { now: NOW, rows }
        const plan = planQuery(wanted, context)
        const matches = compileFilter(wanted.filter, context)
        for (const row of facts.map((fact) => rowOf(fact, rows))) {
          if (matches(row)) expect(planAllows(plan, row)).toBe(true)
          if (!plan.needsRowTest) expect(matches(row)).toBe(planAllows(plan, row))
        }
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    ['foo', 'a foo b', true],
    ['foo', 'food', false],
    ['foo', 'xfoo', false],
    ['foo', 'food foo', true],
    ['foo', 'Foo', false],
    ['foo*', 'food', true],
    ['i(FOO)', 'a foo', true],
    ['i(é)', 'É', false],
    ['é', 'éa', false],
    ['é', 'é—', true],
    ['"a b"', 'xa b', false],
    ['"-a"', 'x-a', true],
    ['*oo*', 'food', true],
    ['~"f.o$"', 'a foo', true],
    ['message:="foo"', 'foo', true],
    ['message:!=foo', 'foo', false],
    ['10.0.0.1', 'at 10.0.0.1:80', true],
    ['10.0.0.1', 'at 10.0.0.11', false],
  ])('%s on %j is %s', (text, message, expected) => {
    const row = rowOf(
      {
        topic: 'a',
        timestamp: 0,
        severity: 9,
        priority: 0,
        message,
        id: '',
        marker: undefined,
        metadata: {},
        payload: null,
      },
      'logs',
    )
    expect(compileFilter(parseQuery(text).filter, { now: NOW })(row)).toBe(expected)
  })

  test('reads no member of a prototype and compares numbers as numbers', () => {
    const row = rowOf(
      {
        topic: 'a',
        timestamp: 0,
        severity: 9,
        priority: 0,
        message: '',
        id: '',
        marker: undefined,
        metadata: { n: 99, s: '99', t: 'x' },
        payload: null,
      },
      'logs',
    )
    const matches = (text: string): boolean => compileFilter(parseQuery(text).filter, { now: NOW })(row)
    expect(matches('metadata.constructor:*')).toBe(false)
    expect(matches('metadata.__proto__:*')).toBe(false)
    expect(matches('metadata.n:<400')).toBe(true)
    expect(matches('metadata.s:<400')).toBe(true)
    expect(matches('metadata.n:=99.0')).toBe(true)
    expect(matches('metadata.s:=99.0')).toBe(false)
    expect(matches('metadata.missing:!=1')).toBe(false)
    expect(matches('NOT metadata.missing:=1')).toBe(true)
  })

  test('shows a regular expression the whole of a huge row', () => {
    const row = rowOf(
      {
        topic: 'a',
        timestamp: 0,
        severity: 9,
        priority: 0,
        message: `${'x'.repeat(70_000)}end`,
        id: '',
        marker: undefined,
        metadata: {},
        payload: null,
      },
      'logs',
    )
    const matches = compileFilter(parseQuery('~"end$"').filter, { now: NOW })
    expect(matches(row)).toBe(true)
  })
})

function planOf(text: string, rows: RowKind = 'logs'): QueryPlan {
  return planQuery(parseQuery(text), { now: NOW, rows })
}

function literals(text: string): string[] {
  return planOf(text).requiredLiterals.map((bytes) => asBuffer(bytes).toString())
}

describe('the plan', () => {
  test.each([
    ['foo "bar baz" *"qu"*', ['foo', 'bar baz', 'qu']],
    ['i(foo)', []],
    ['i("10.1")', ['10.1']],
    ['NOT foo', []],
    ['foo OR bar', []],
    ['(foo a) OR (foo b)', ['foo']],
    ['metadata.x:foo', []],
    ['message:=foo', ['foo']],
    ['~"foo"', ['foo']],
    ['~"fo+ bar.*x"', [' bar']],
    ['~"foo|bar"', []],
    ['~"(?i:foo)"', []],
  ])('of %s requires %j', (text, expected) => {
    expect(literals(text)).toEqual(expected)
  })

  test('takes bounds of topic, time and level from conjunctions', () => {
    const plan = planOf('topic:app.* severity:>=error time:[2024-01-01,2024-01-02) foo')
    expect(plan).toMatchObject({
      topicPatterns: ['app.*'],
      timeFrom: Date.UTC(2024, 0, 1),
      timeTo: Date.UTC(2024, 0, 2),
      levelMask: (1 << 17) | (1 << 21),
      needsRowTest: true,
    })
  })

  test('knows when nothing is left to test', () => {
    const plan = planOf('topic:a severity:>=warn *"x y"*')
    expect(plan.needsRowTest).toBe(false)
    expect(asBuffer(plan.textIsLiteralOnly!).toString()).toBe('x y')
    expect(planOf('topic:a time:-1h')).toMatchObject({ needsRowTest: false, requiredLiterals: [] })
    expect(planOf('*"a"* *"b"*').textIsLiteralOnly).toBeUndefined()
    expect(planOf('topic:a.* topic:*.b').needsRowTest).toBe(true)
    expect(planOf('topic:a OR severity:error').needsRowTest).toBe(true)
    expect(planOf('foo').textIsLiteralOnly).toBeUndefined()
    expect(planOf('NOT severity:debug')).toMatchObject({ needsRowTest: false })
  })

  test('sees that no row can match', () => {
    expect(planOf('severity:info severity:error').isEmpty).toBe(true)
    expect(planOf('time:>now time:<now').isEmpty).toBe(true)
    expect(planOf('priority:high').isEmpty).toBe(true)
    expect(planOf('priority:high', 'events').isEmpty).toBe(false)
  })
})
