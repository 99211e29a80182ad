import { utf8Encode } from '@forgeone/common'
import type { Query, QueryNode } from './ast.ts'
import type { MatchContext } from './match-row.ts'
import { anything, type RowBounds } from './row-bounds.ts'
import { termBounds } from './term-bounds.ts'

/** What execution can use before it decodes rows. Every row that matches the filter meets all of it. */
export interface QueryPlan {
  /** The topic matches at least one of these patterns; undefined when any topic may match. */
  readonly topicPatterns: readonly string[] | undefined
  /** First millisecond that can match; -Infinity when unbounded. */
  readonly timeFrom: number
  /** First millisecond after all that can match; Infinity when unbounded. */
  readonly timeTo: number
  /** Bit n is set when rows of level code n can match; -1 is every level. */
  readonly levelMask: number
  /** UTF-8 texts that all occur in the text column of a matching row. */
  readonly requiredLiterals: readonly Uint8Array[]
  /** Tokens, lower case, that a filter must hold for a block to have a matching row. */
  readonly requiredTokens: readonly string[]
  /** Set when the only test of the text is that these bytes occur, and the bounds above say all the rest. */
  readonly textIsLiteralOnly?: Uint8Array
  /** False when the bounds (and `textIsLiteralOnly`, if set) say all: no row needs the compiled filter. */
  readonly needsRowTest: boolean
  /** True when no row can match. */
  readonly isEmpty: boolean
}

const EVERY_LEVEL = -1

/** Derives what a query requires of rows. @throws STREAM_TIME_INVALID as `compileFilter` does */
export function planQuery(query: Query, context: MatchContext): QueryPlan {
  const bounds = nodeBounds(query.filter, context)
  const literals = bounds.literals.map(utf8Encode)
  const needsRowTest = !bounds.isExact
  return {
    topicPatterns: bounds.topics,
    timeFrom: bounds.from,
    timeTo: bounds.to,
    levelMask: bounds.levels,
    requiredLiterals: literals,
    requiredTokens: bounds.tokens,
    ...(!needsRowTest && literals[0] !== undefined ? { textIsLiteralOnly: literals[0] } : {}),
    needsRowTest,
    isEmpty: bounds.levels === 0 || bounds.from >= bounds.to || bounds.topics?.length === 0,
  }
}

/** True when rows of the level can match a plan. */
export function planAllowsLevel(plan: QueryPlan, level: number): boolean {
  return ((plan.levelMask >>> level) & 1) === 1
}

function nodeBounds(node: QueryNode, context: MatchContext): RowBounds {
  switch (node.kind) {
    case 'all':
      return anything({ isExact: true })
    case 'term':
      return termBounds(node, context)
    case 'and':
      return node.nodes.map((child) => nodeBounds(child, context)).reduce(both)
    case 'or':
      return node.nodes.map((child) => nodeBounds(child, context)).reduce(either)
    case 'not':
      return complement(nodeBounds(node.node, context))
  }
}

function both(left: RowBounds, right: RowBounds): RowBounds {
  const topics = fewer(left.topics, right.topics)
  // One list of topics, and one literal, can stand in the plan exactly; of two the plan keeps a part.
  const losesTopics = left.topics !== undefined && right.topics !== undefined
  const losesLiteral = left.literals.length > 0 && right.literals.length > 0
  return {
    topics,
    from: Math.max(left.from, right.from),
    to: Math.min(left.to, right.to),
    levels: left.levels & right.levels,
    literals: [...new Set([...left.literals, ...right.literals])],
    tokens: [...new Set([...left.tokens, ...right.tokens])],
    isExact: left.isExact && right.isExact && !losesTopics && !losesLiteral,
  }
}

function fewer(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): readonly string[] | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return left.length <= right.length ? left : right
}

function either(left: RowBounds, right: RowBounds): RowBounds {
  const exact = left.isExact && right.isExact
  return {
    topics:
      left.topics === undefined || right.topics === undefined
        ? undefined
        : [...new Set([...left.topics, ...right.topics])],
    from: Math.min(left.from, right.from),
    to: Math.max(left.to, right.to),
    levels: left.levels | right.levels,
    literals: left.literals.filter((literal) => right.literals.includes(literal)),
    tokens: left.tokens.filter((token) => right.tokens.includes(token)),
    // The bounds of a union are the union of the bounds only when both sides bound the same one thing.
    isExact:
      exact &&
      ((boundsTopicsOnly(left) && boundsTopicsOnly(right)) ||
        (boundsLevelsOnly(left) && boundsLevelsOnly(right))),
  }
}

function boundsTopicsOnly(bounds: RowBounds): boolean {
  return bounds.topics !== undefined && bounds.levels === EVERY_LEVEL && isTextAndTimeFree(bounds)
}

function boundsLevelsOnly(bounds: RowBounds): boolean {
  return bounds.topics === undefined && isTextAndTimeFree(bounds)
}

function isTextAndTimeFree({ from, to, literals, tokens }: RowBounds): boolean {
  return from === -Infinity && to === Infinity && literals.length === 0 && tokens.length === 0
}

/** Of a negation only exact bounds of levels can be turned around. */
function complement(bounds: RowBounds): RowBounds {
  if (!bounds.isExact || !boundsLevelsOnly(bounds)) return anything({ isExact: false })
  return { ...anything({ isExact: true }), levels: ~bounds.levels }
}
