import { canonicalJson, type JsonValue } from '@forgeone/common'
import { priorityCode } from '../entry/priority.ts'
import { severityCode } from '../entry/severity.ts'
import { parseTimeExpression } from '../time/time-expression.ts'
import { compileTopicPattern } from '../topic/topic-pattern.ts'
import type { JsonPath, QueryNode, QueryTerm, TopicTest, ValueField, ValueTest } from './ast.ts'
import type { MatchContext, MatchRow, RowPredicate } from './match-row.ts'
import { compileNumberTest, compileValueTest } from './scalar-test.ts'
import { compileTextTest } from './text-test.ts'

/**
 * Compiles a filter to a predicate over rows. A test of a field the row does not have never matches, `!=` included;
 * `NOT` of it does. Tests of columns at hand run before those that decode.
 * @throws STREAM_TIME_INVALID for a hand-made tree with a time that cannot be read
 */
export function compileFilter(filter: QueryNode, context: MatchContext): RowPredicate {
  switch (filter.kind) {
    case 'all':
      return () => true
    case 'not': {
      const inner = compileFilter(filter.node, context)
      return (row) => !inner(row)
    }
    case 'and':
      return compileAll(filter.nodes, context)
    case 'or':
      return compileAny(filter.nodes, context)
    case 'term':
      return compileTerm(filter, context)
  }
}

function compileAll(nodes: readonly QueryNode[], context: MatchContext): RowPredicate {
  const predicates = byCost(nodes).map((node) => compileFilter(node, context))
  return (row) => {
    for (const predicate of predicates) if (!predicate(row)) return false
    return true
  }
}

function compileAny(nodes: readonly QueryNode[], context: MatchContext): RowPredicate {
  const predicates = byCost(nodes).map((node) => compileFilter(node, context))
  return (row) => {
    for (const predicate of predicates) if (predicate(row)) return true
    return false
  }
}

/** The order does not change the result, since tests have no effects. */
function byCost(nodes: readonly QueryNode[]): readonly QueryNode[] {
  return nodes.toSorted((left, right) => nodeCost(left) - nodeCost(right))
}

function nodeCost(node: QueryNode): number {
  if (node.kind === 'all') return 0
  if (node.kind === 'not') return nodeCost(node.node)
  if (node.kind !== 'term') return Math.max(...node.nodes.map(nodeCost))
  switch (node.field.name) {
    case 'severity':
    case 'priority':
    case 'time':
      return 0
    case 'topic':
      return 1
    case 'id':
    case 'marker':
      return 2
    case 'text':
      return 3
    default:
      return 4
  }
}

function compileTerm(term: QueryTerm, context: MatchContext): RowPredicate {
  const rows = context.rows ?? 'logs'
  switch (term.field.name) {
    case 'topic':
      // The two casts below: TypeScript does not carry the discriminant of `field` over to `test`.
      return onTopic(compileTopicTest(term.test as TopicTest, context))
    case 'time': {
      const test = compileNumberTest(term.test as never, (text: string) =>
        parseTimeExpression(text, context.now),
      )
      return (row) => test(row.timestamp)
    }
    case 'severity': {
      const test = compileNumberTest(term.test as never, severityCode)
      return rows === 'logs' ? (row) => test(row.level) : () => false
    }
    case 'priority': {
      const test = compileNumberTest(term.test as never, priorityCode)
      return rows === 'events' ? (row) => test(row.level) : () => false
    }
    default:
      return compileValueTerm(term.field, term.test as ValueTest, context)
  }
}

function compileTopicTest(test: TopicTest, context: MatchContext): (topic: string) => boolean {
  switch (test.kind) {
    case 'pattern': {
      const pattern = compileTopicPattern(test.text)
      return (topic) => pattern.matches(topic)
    }
    case 'substring':
    case 'regex':
      return compileTextTest(test, context.budget)
    default: {
      const compare = compileValueTest(test)
      return (topic) => compare(topic, () => topic)
    }
  }
}

/** Rows come in runs of one topic, so the last answer is nearly always the next. */
function onTopic(test: (topic: string) => boolean): RowPredicate {
  let lastTopic: string | undefined
  let lastAnswer = false
  return (row) => {
    if (row.topic !== lastTopic) {
      lastAnswer = test(row.topic)
      lastTopic = row.topic
    }
    return lastAnswer
  }
}

function compileValueTerm(field: ValueField, test: ValueTest, context: MatchContext): RowPredicate {
  const valueOf = compileAccessor(field)
  switch (test.kind) {
    case 'exists':
      return (row) => valueOf(row) !== undefined
    case 'phrase':
    case 'substring':
    case 'regex': {
      const matches = compileTextTest(test, context.budget)
      if (field.name === 'text') return (row) => matches(row.text())
      return (row) => {
        const value = valueOf(row)
        return value !== undefined && matches(valueText(value))
      }
    }
    default: {
      const compare = compileValueTest(test)
      return (row) => {
        const value = valueOf(row)
        return value !== undefined && compare(value, () => valueText(value))
      }
    }
  }
}

function compileAccessor(field: ValueField): (row: MatchRow) => JsonValue | undefined {
  switch (field.name) {
    case 'text':
      return (row) => row.text()
    case 'id':
      return (row) => row.id()
    case 'marker':
      return (row) => row.marker()
    case 'metadata':
      return (row) => valueAt(row.metadata(), field.path)
    case 'payload':
      return (row) => valueAt(row.payload(), field.path)
  }
}

/** The member a path leads to; undefined when there is none. */
function valueAt(root: JsonValue | undefined, path: JsonPath): JsonValue | undefined {
  let value: JsonValue | undefined = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value) !== (typeof part === 'number')) return undefined
    // Own members only: a path must not reach into the prototype.
    value = Object.hasOwn(value, part)
      ? (value as Readonly<Record<string | number, JsonValue>>)[part]
      : undefined
  }
  return value
}

/** A string as it is; anything else as its RFC 8785 text. */
function valueText(value: JsonValue): string {
  return typeof value === 'string'
    ? value
    : canonicalJson(value, { code: 'STREAM_VALUE_INVALID', what: 'value' })
}
