import type { CompareOperator, ScalarTest } from './ast.ts'
import type { QueryLexer } from './lexer.ts'

/** Longer operators first, so that `>=` is not read as `>`. */
const OPERATORS: readonly CompareOperator[] = ['!=', '>=', '<=', '=', '>', '<']

export function readOperator(lexer: QueryLexer): CompareOperator | undefined {
  return OPERATORS.find((operator) => lexer.take(operator))
}

/** Reads `>=x`, `[a,b)` or `in(a,b)` when one stands here. @throws STREAM_QUERY_SYNTAX */
export function readScalarTest(lexer: QueryLexer): ScalarTest | undefined {
  const operator = readOperator(lexer)
  if (operator !== undefined) return { kind: 'compare', operator, value: lexer.readScalar({ inList: false }) }
  if (lexer.take('in(')) return { kind: 'in', values: readList(lexer) }
  if (lexer.peek() === '[' || lexer.peek() === '(') return readRange(lexer)
  return undefined
}

/** The same test with each of its values replaced. */
export function mapScalars<Scalar extends string>(
  test: ScalarTest,
  replace: (value: string) => Scalar,
): ScalarTest<Scalar> {
  switch (test.kind) {
    case 'compare':
      return { ...test, value: replace(test.value) }
    case 'range':
      return { ...test, from: replace(test.from), to: replace(test.to) }
    case 'in':
      return { ...test, values: test.values.map((value) => replace(value)) }
  }
}

function readList(lexer: QueryLexer): string[] {
  const values: string[] = []
  do {
    lexer.skipBlanks()
    values.push(lexer.readScalar({ inList: true }))
    lexer.skipBlanks()
  } while (lexer.take(','))
  lexer.expect(')')
  return values
}

/** `[` and `]` include the bound, `(` and `)` leave it out. */
function readRange(lexer: QueryLexer): ScalarTest {
  const fromIncluded = lexer.take('[')
  if (!fromIncluded) lexer.expect('(')
  lexer.skipBlanks()
  const from = lexer.readScalar({ inList: true })
  lexer.expect(',')
  lexer.skipBlanks()
  const to = lexer.readScalar({ inList: true })
  lexer.skipBlanks()
  const toIncluded = lexer.take(']')
  if (!toIncluded && !lexer.take(')')) throw lexer.fault('the range is not closed', [']', ')'])
  return { kind: 'range', from, to, fromIncluded, toIncluded }
}
