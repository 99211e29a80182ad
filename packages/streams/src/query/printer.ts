import { formatDuration } from '../time/duration.ts'
import type { Aggregate, PipeColumn, Query, QueryNode, QueryPipe, QueryTerm } from './ast.ts'
import { fieldName } from './field-name.ts'
import { isToken } from './token.ts'

const KEYWORDS: readonly string[] = ['AND', 'OR', 'NOT']
const BARE_SCALAR = /^[\w.:+-]+$/
/** Anything a bare word may hold, if it does not begin like an operator, a range or a quoted form. */
const BARE_PATTERN = /^(?:[^\s()|"[~=!<>*][^\s()|"]*|\*(?:\.[^\s()|"]+)?|>)$/u

/** The text of a query; `parseQuery` of it gives an equal tree. */
export function printQuery(query: Query): string {
  return [printNode(query.filter, 'top'), ...query.pipes.map(printPipe)].join(' | ')
}

/** What stands around a node: it decides about parentheses. */
type Place = 'top' | 'or' | 'inner'

function printNode(node: QueryNode, place: Place): string {
  switch (node.kind) {
    case 'all':
      return '*'
    case 'or':
      return enclose(node.nodes.map((child) => printNode(child, 'or')).join(' OR '), place !== 'top')
    case 'and':
      return enclose(node.nodes.map((child) => printNode(child, 'inner')).join(' '), place === 'inner')
    case 'not':
      return `NOT ${printNode(node.node, 'inner')}`
    case 'term':
      return printTerm(node)
  }
}

function enclose(text: string, isEnclosed: boolean): string {
  return isEnclosed ? `(${text})` : text
}

function printTerm(term: QueryTerm): string {
  const { test, field } = term
  const isUnnamed =
    field.name === 'text' && (test.kind === 'phrase' || test.kind === 'substring' || test.kind === 'regex')
  return isUnnamed ? printTest(term) : `${fieldName(field)}:${printTest(term)}`
}

function printTest({ test }: QueryTerm): string {
  switch (test.kind) {
    case 'phrase': {
      const phrase = printPhrase(test.text) + (test.prefix ? '*' : '')
      return test.fold ? `i(${phrase})` : phrase
    }
    case 'substring':
      return `*${quote(test.text)}*`
    case 'regex':
      return `~${quote(test.source)}`
    case 'exists':
      return '*'
    case 'pattern':
      return BARE_PATTERN.test(test.text) ? test.text : quote(test.text)
    case 'compare':
      return test.operator + printScalar(test.value)
    case 'range': {
      const bounds = `${printScalar(test.from)},${printScalar(test.to)}`
      return `${test.fromIncluded ? '[' : '('}${bounds}${test.toIncluded ? ']' : ')'}`
    }
    case 'in':
      return `in(${test.values.map(printScalar).join(',')})`
  }
}

function printPhrase(text: string): string {
  return isToken(text) && !KEYWORDS.includes(text) ? text : quote(text)
}

function printScalar(text: string): string {
  return BARE_SCALAR.test(text) ? text : quote(text)
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

function printPipe(pipe: QueryPipe): string {
  switch (pipe.kind) {
    case 'limit':
      return `limit ${pipe.count}`
    case 'fields':
      return `fields ${printColumns(pipe.columns)}`
    case 'sort':
      return `sort by ${printColumns(pipe.columns)}${pipe.descending ? ' desc' : ''}`
    case 'stats': {
      const by = pipe.by.length === 0 ? '' : `by ${printColumns(pipe.by)} `
      return `stats ${by}${pipe.aggregates.map(printAggregate).join(', ')}`
    }
    case 'histogram':
      return `histogram ${formatDuration(pipe.bucketMs)}`
  }
}

function printColumns(columns: readonly PipeColumn[]): string {
  return columns.map((column) => (column.name === 'column' ? column.column : fieldName(column))).join(', ')
}

function printAggregate(aggregate: Aggregate): string {
  const field = aggregate.field === undefined ? '' : fieldName(aggregate.field)
  return `${aggregate.function}(${field})${aggregate.as === undefined ? '' : ` as ${aggregate.as}`}`
}
