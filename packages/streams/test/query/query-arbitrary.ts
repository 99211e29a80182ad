import * as fc from 'fast-check'
import { PRIORITIES } from '../../src/entry/priority.ts'
import { SEVERITIES } from '../../src/entry/severity.ts'
import type {
  PipeColumn,
  Query,
  QueryField,
  QueryNode,
  QueryPipe,
  QueryTerm,
  ScalarTest,
  TextTest,
  ValueField,
  ValueTest,
} from '../../src/query/ast.ts'

const operator = fc.constantFrom('=', '!=', '>', '>=', '<', '<=')
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    'AND',
    'OR',
    'NOT',
    'in',
    'i',
    '-',
    '*',
    'a b',
    'a"b',
    'a\\',
    '\\"',
    'x:y',
    'topic:',
    '10.0.0.1',
    '(',
    '日本',
  ),
)
const someText = anyText.filter((text) => text !== '')
/** Few letters, so that random rows and random queries meet. */
const commonText = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', ' ', '.', 'é', '_', '1', '"'),
  minLength: 1,
  maxLength: 4,
})

function scalarTest<Scalar extends string>(scalar: fc.Arbitrary<Scalar>): fc.Arbitrary<ScalarTest<Scalar>> {
  return fc.oneof(
    fc.record({ kind: fc.constant('compare' as const), operator, value: scalar }),
    fc.record({
      kind: fc.constant('range' as const),
      from: scalar,
      to: scalar,
      fromIncluded: fc.boolean(),
      toIncluded: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('in' as const), values: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
  ) as fc.Arbitrary<ScalarTest<Scalar>>
}

const textTestOf = (text: fc.Arbitrary<string>): fc.Arbitrary<TextTest> =>
  fc.oneof(
    fc.record({ kind: fc.constant('phrase' as const), text, prefix: fc.boolean(), fold: fc.boolean() }),
    fc.record({ kind: fc.constant('substring' as const), text }),
    fc.record({
      kind: fc.constant('regex' as const),
      source: fc.constantFrom('a+', '^a.*b$', '[ab]{2}', '\\d+"', 'a\\\\b', '(?:ab)?1'),
    }),
  ) as fc.Arbitrary<TextTest>

const path = fc.array(fc.oneof(someText, fc.constantFrom('a', 'b', 'http-status'), fc.nat(3)), {
  maxLength: 3,
})
const pathField = fc.record({ name: fc.constantFrom('metadata' as const, 'payload' as const), path })
const time = fc.constantFrom(
  'now',
  '-1h',
  'now-2d',
  '2024-01-01',
  '2024-01-01T10:00Z',
  '1700000000000',
  '2024-01-01 10:00',
)
const pattern = fc.constantFrom(
  'a',
  'a.b',
  'a.*',
  '*',
  '>',
  '*.b',
  'a.>',
  'in',
  'i',
  'x-y',
  '$dead.>',
  'a:b',
  'é',
  '=',
  '~x',
  '-a',
  'a,b',
)

function term(field: fc.Arbitrary<QueryField>, test: fc.Arbitrary<unknown>): fc.Arbitrary<QueryTerm> {
  return fc.record({ kind: fc.constant('term' as const), field, test }) as fc.Arbitrary<QueryTerm>
}

function named(name: string): fc.Arbitrary<QueryField> {
  return fc.constant({ name } as QueryField)
}

export function termOf(text: fc.Arbitrary<string>): fc.Arbitrary<QueryTerm> {
  const valueTest = (exists: boolean): fc.Arbitrary<ValueTest> =>
    fc.oneof(
      textTestOf(text),
      scalarTest(anyText),
      ...(exists ? [fc.constant({ kind: 'exists' as const })] : []),
    )
  /** Of ids and markers a whole phrase is written as an equality. */
  const nameTest = valueTest(true).filter((test) => test.kind !== 'phrase' || test.prefix || test.fold)
  const topicTest = fc.oneof(
    fc.record({ kind: fc.constant('pattern' as const), text: pattern }),
    textTestOf(text).filter((test) => test.kind !== 'phrase'),
    scalarTest(anyText),
  )
  return fc.oneof(
    term(named('text'), valueTest(false)),
    term(fc.oneof(named('id'), named('marker')), nameTest),
    term(pathField, valueTest(true)),
    term(named('topic'), topicTest),
    term(named('severity'), scalarTest(fc.constantFrom(...SEVERITIES))),
    term(named('priority'), scalarTest(fc.constantFrom(...PRIORITIES))),
    term(named('time'), scalarTest(time)),
  )
}

/** Trees as the parser makes them: `and` and `or` hold at least two nodes. */
export function nodeOf(term: fc.Arbitrary<QueryNode>): fc.Arbitrary<QueryNode> {
  return fc.letrec<{ node: QueryNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'query' },
      fc.oneof(
        { weight: 9, arbitrary: term },
        { weight: 1, arbitrary: fc.constant<QueryNode>({ kind: 'all' }) },
      ),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        nodes: fc.array(tie('node'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), node: tie('node') }),
    ),
  })).node
}

const column: fc.Arbitrary<PipeColumn> = fc.oneof(
  pathField,
  fc.constantFrom('text', 'topic', 'severity', 'time', 'id').map((name) => ({ name }) as ValueField),
)
const aggregate = fc.oneof(
  fc.record({ function: fc.constant('count' as const) }),
  fc.record({
    function: fc.constantFrom('max' as const, 'uniq' as const),
    field: pathField,
    as: fc.constantFrom('n', 'total'),
  }),
)
const pipe = fc.oneof(
  fc.record({ kind: fc.constant('limit' as const), count: fc.nat(1_000) }),
  fc.record({
    kind: fc.constant('fields' as const),
    columns: fc.array(column, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('sort' as const),
    columns: fc.array(column, { minLength: 1, maxLength: 3 }),
    descending: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('stats' as const),
    by: fc.array(column, { maxLength: 2 }),
    aggregates: fc.array(aggregate, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('histogram' as const), bucketMs: fc.integer({ min: 1, max: 100_000 }) }),
) as fc.Arbitrary<QueryPipe>

export const anyQuery: fc.Arbitrary<Query> = fc.record({
  filter: nodeOf(termOf(someText)),
  pipes: fc.array(pipe, { maxLength: 3 }),
})
export const commonTerm: fc.Arbitrary<QueryTerm> = termOf(commonText)
