import type { LogSeverity } from '../entry/severity.ts'
import type { EventPriority } from '../entry/priority.ts'

/** A parsed query: which rows, then what is done with them. */
export interface Query {
  readonly filter: QueryNode
  readonly pipes: readonly QueryPipe[]
}

/** A condition on a row. `and` and `or` hold at least two nodes; nesting is kept as written. */
export type QueryNode =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly QueryNode[] }
  | { readonly kind: 'not'; readonly node: QueryNode }
  | QueryTerm

/** One test of one field. */
export type QueryTerm =
  | { readonly kind: 'term'; readonly field: ValueField; readonly test: ValueTest }
  | { readonly kind: 'term'; readonly field: TopicField; readonly test: TopicTest }
  | { readonly kind: 'term'; readonly field: SeverityField; readonly test: ScalarTest<LogSeverity> }
  | { readonly kind: 'term'; readonly field: PriorityField; readonly test: ScalarTest<EventPriority> }
  /** Scalars are time expressions, kept as text, so that relative ones mean the time of execution. */
  | { readonly kind: 'term'; readonly field: TimeField; readonly test: ScalarTest }

export type TopicField = { readonly name: 'topic' }
export type SeverityField = { readonly name: 'severity' }
export type PriorityField = { readonly name: 'priority' }
export type TimeField = { readonly name: 'time' }
/** `text` is the message of a log and the payload text of an event; the query language calls it `message`. */
export type TextField = { readonly name: 'text' }
export type NameField = { readonly name: 'id' | 'marker' }
/** A place in the metadata or the JSON payload; an empty path is the whole of it. */
export type PathField = { readonly name: 'metadata' | 'payload'; readonly path: JsonPath }
export type ValueField = TextField | NameField | PathField
export type QueryField = ValueField | TopicField | SeverityField | PriorityField | TimeField

/** Strings name members, numbers index arrays. */
export type JsonPath = readonly (string | number)[]

export type CompareOperator = '=' | '!=' | '>' | '>=' | '<' | '<='

/** Comparisons that every field but the text ones is limited to. */
export type ScalarTest<Scalar extends string = string> =
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly value: Scalar }
  | {
      readonly kind: 'range'
      readonly from: Scalar
      readonly to: Scalar
      readonly fromIncluded: boolean
      readonly toIncluded: boolean
    }
  | { readonly kind: 'in'; readonly values: readonly Scalar[] }

/**
 * Whole tokens in a row: `foo`, `"foo bar"`, with `prefix` the last token may go on (`foo*`), with `fold` ASCII case
 * is ignored (`i(foo)`). The edges must not cut a token of {@link isTokenCodePoint}.
 */
export interface PhraseTest {
  readonly kind: 'phrase'
  readonly text: string
  readonly prefix: boolean
  readonly fold: boolean
}
/** Text anywhere, also inside a token: `*"x"*`. */
export interface SubstringTest {
  readonly kind: 'substring'
  readonly text: string
}
/** A regular expression that passed the safety check: `~"x"`. */
export interface RegexTest {
  readonly kind: 'regex'
  readonly source: string
}
/** The field has a value: `marker:*`. */
export interface ExistsTest {
  readonly kind: 'exists'
}
/** A topic pattern or a topic: `topic:app.*`. */
export interface PatternTest {
  readonly kind: 'pattern'
  readonly text: string
}

export type TextTest = PhraseTest | SubstringTest | RegexTest
export type ValueTest = TextTest | ExistsTest | ScalarTest
export type TopicTest = PatternTest | SubstringTest | RegexTest | ScalarTest

/** A field of an entry, or a column an earlier `stats` pipe made. */
export type PipeColumn = QueryField | { readonly name: 'column'; readonly column: string }

export type AggregateFunction = 'count' | 'min' | 'max' | 'sum' | 'avg' | 'uniq'

export interface Aggregate {
  readonly function: AggregateFunction
  readonly field?: QueryField
  readonly as?: string
}

/** A step over the rows found. */
export type QueryPipe =
  | { readonly kind: 'limit'; readonly count: number }
  | { readonly kind: 'fields'; readonly columns: readonly PipeColumn[] }
  | { readonly kind: 'sort'; readonly columns: readonly PipeColumn[]; readonly descending: boolean }
  | { readonly kind: 'stats'; readonly by: readonly PipeColumn[]; readonly aggregates: readonly Aggregate[] }
  | { readonly kind: 'histogram'; readonly bucketMs: number }
