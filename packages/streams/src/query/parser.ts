import { ForgeError } from '@forgeone/common'
import type { Query, QueryNode, QueryPipe } from './ast.ts'
import { QueryLexer } from './lexer.ts'
import { QUERY_CHARS_MAX, QUERY_DEPTH_MAX, QUERY_TERMS_MAX } from './limits.ts'
import { readPipes } from './pipe-parser.ts'
import { readTerm } from './term-parser.ts'

/**
 * Reads a query: a filter, then pipes.
 *
 * Terms side by side must all match; `AND`, `OR` and `NOT` (in capitals; `-` for NOT) and parentheses combine them.
 * A bare word runs until a blank, parenthesis, pipe or quote and is searched as a phrase when it holds other than
 * token characters: `/var/log`, `10.0.0.1:80` and `[error]` need no quotes.
 * @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT with `details.offset`
 */
export function parseQuery(text: string): Query {
  if (text.length > QUERY_CHARS_MAX) {
    throw limitError(
      `the query is longer than ${QUERY_CHARS_MAX} characters`,
      QUERY_CHARS_MAX,
      QUERY_CHARS_MAX,
    )
  }
  const lexer = new QueryLexer(text)
  if (!text.isWellFormed()) throw lexer.fault('the query holds a lone surrogate', [])
  const filter = new FilterParser(lexer).read()
  const pipes: QueryPipe[] = []
  while (lexer.take('|')) {
    pipes.push(...readPipes(lexer, pipes))
    lexer.skipBlanks()
  }
  if (!lexer.atEnd) throw lexer.fault(`"${lexer.peek()}" does not fit here`, ['|', 'the end of the query'])
  return { filter, pipes }
}

class FilterParser {
  readonly #lexer: QueryLexer
  #terms = 0

  constructor(lexer: QueryLexer) {
    this.#lexer = lexer
  }

  read(): QueryNode {
    this.#lexer.skipBlanks()
    if (this.#lexer.atEnd || this.#lexer.peek() === '|') return { kind: 'all' }
    return this.#readOr(0)
  }

  #readOr(depth: number): QueryNode {
    const nodes = [this.#readAnd(depth)]
    while (this.#lexer.takeKeyword('OR')) nodes.push(this.#readAnd(depth))
    return nodes.length === 1 ? nodes[0]! : { kind: 'or', nodes }
  }

  #readAnd(depth: number): QueryNode {
    const nodes = [this.#readUnary(depth)]
    while (!this.#atAndEnd()) {
      this.#lexer.takeKeyword('AND')
      nodes.push(this.#readUnary(depth))
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'and', nodes }
  }

  #atAndEnd(): boolean {
    const lexer = this.#lexer
    lexer.skipBlanks()
    return lexer.atEnd || lexer.peek() === ')' || lexer.peek() === '|' || lexer.atKeyword('OR')
  }

  #readUnary(depth: number): QueryNode {
    const lexer = this.#lexer
    lexer.skipBlanks()
    if (depth > QUERY_DEPTH_MAX) {
      const message = `the query is nested deeper than ${QUERY_DEPTH_MAX} levels`
      throw limitError(message, lexer.offset, QUERY_DEPTH_MAX)
    }
    if (lexer.takeKeyword('NOT')) return { kind: 'not', node: this.#readUnary(depth + 1) }
    if (this.#atMinus()) {
      lexer.take('-')
      return { kind: 'not', node: this.#readUnary(depth + 1) }
    }
    if (!lexer.take('(')) return this.#readTerm()
    const node = this.#readOr(depth + 1)
    lexer.expect(')')
    return node
  }

  /** `-x` and `-(x)` negate; a lone `-`, `--x` and `->` are words. */
  #atMinus(): boolean {
    const lexer = this.#lexer
    if (lexer.peek() !== '-' || lexer.peek(1) === '-' || lexer.startsWith('->')) return false
    return !lexer.wordEndsAt(1) || lexer.peek(1) === '(' || lexer.peek(1) === '"'
  }

  #readTerm(): QueryNode {
    const lexer = this.#lexer
    this.#terms += 1
    if (this.#terms > QUERY_TERMS_MAX) {
      throw limitError(`the query has more than ${QUERY_TERMS_MAX} terms`, lexer.offset, QUERY_TERMS_MAX)
    }
    for (const keyword of ['AND', 'OR']) {
      if (lexer.atKeyword(keyword)) throw lexer.fault(`${keyword} stands alone`, ['a term'])
    }
    return readTerm(lexer)
  }
}

function limitError(message: string, offset: number, limit: number): ForgeError {
  return new ForgeError('STREAM_QUERY_LIMIT', message, { details: { offset, limit } })
}
