import { parseDuration } from '../time/duration.ts'
import type { Aggregate, AggregateFunction, PipeColumn, QueryPipe } from './ast.ts'
import { readField } from './field-name.ts'
import type { QueryLexer } from './lexer.ts'

const PIPES: readonly string[] = ['limit', 'fields', 'sort by', 'stats', 'count', 'top', 'histogram']
/** Rows of a `top` that names no number. */
const TOP_DEFAULT = 10
const FUNCTIONS: readonly AggregateFunction[] = ['count', 'min', 'max', 'sum', 'avg', 'uniq']
const COUNT = /\d{1,9}(?![\p{L}\p{N}_])/uy
const DURATION = /[\dwdhms]+/y

/**
 * Reads what follows a `|`. Names that `stats` made are known to the pipes after it. `count by` and `top` are short
 * for other pipes.
 * @throws STREAM_QUERY_SYNTAX
 */
export function readPipes(lexer: QueryLexer, earlier: readonly QueryPipe[]): readonly QueryPipe[] {
  lexer.skipBlanks()
  const offset = lexer.offset
  const known = columnsOf(earlier)
  const name = lexer.readName()
  lexer.skipBlanks()
  switch (name) {
    case 'limit':
      return [{ kind: 'limit', count: readCount(lexer) }]
    case 'fields':
      return [{ kind: 'fields', columns: readColumns(lexer, known) }]
    case 'sort':
      return [readSort(lexer, known)]
    case 'stats':
      return [readStats(lexer, known)]
    case 'count':
      return [countBy(lexer.takeKeyword('by') ? readColumns(lexer, known) : [])]
    case 'top':
      return readTop(lexer, known)
    case 'histogram':
      return [{ kind: 'histogram', bucketMs: readBucket(lexer) }]
    default:
      throw lexer.fault(
        name === undefined ? 'a pipe is missing' : `there is no pipe "${name}"`,
        PIPES,
        offset,
      )
  }
}

function columnsOf(pipes: readonly QueryPipe[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const pipe of pipes) {
    if (pipe.kind === 'histogram') names.add('count')
    if (pipe.kind !== 'stats') continue
    for (const aggregate of pipe.aggregates) names.add(aggregate.as ?? aggregate.function)
  }
  return names
}

function readCount(lexer: QueryLexer): number {
  const digits = lexer.match(COUNT)
  if (digits === undefined) throw lexer.fault('a number of rows is missing', ['a whole number'])
  return Number(digits)
}

function readBucket(lexer: QueryLexer): number {
  const offset = lexer.offset
  const bucketMs = parseDuration(lexer.match(DURATION) ?? '')
  if (bucketMs === undefined || bucketMs === 0) {
    throw lexer.fault('a width is missing', ['a duration such as 5m'], offset)
  }
  return bucketMs
}

function readColumns(lexer: QueryLexer, known: ReadonlySet<string>): PipeColumn[] {
  const columns: PipeColumn[] = []
  do {
    lexer.skipBlanks()
    columns.push(readColumn(lexer, known))
    lexer.skipBlanks()
  } while (lexer.take(','))
  return columns
}

function readColumn(lexer: QueryLexer, known: ReadonlySet<string>): PipeColumn {
  const offset = lexer.offset
  const column = lexer.readName()
  if (column !== undefined && known.has(column)) return { name: 'column', column }
  lexer.rewind(offset)
  return readField(lexer)
}

function readSort(lexer: QueryLexer, known: ReadonlySet<string>): QueryPipe {
  if (!lexer.takeKeyword('by')) throw lexer.fault('sort names no order', ['by'])
  const columns = readColumns(lexer, known)
  return { kind: 'sort', columns, descending: lexer.takeKeyword('desc') }
}

function countBy(by: readonly PipeColumn[]): QueryPipe {
  return { kind: 'stats', by, aggregates: [{ function: 'count' }] }
}

/** `top 5 by topic`: the five values with the most rows. */
function readTop(lexer: QueryLexer, known: ReadonlySet<string>): readonly QueryPipe[] {
  const digits = lexer.match(COUNT)
  lexer.skipBlanks()
  if (!lexer.takeKeyword('by')) throw lexer.fault('top names no field', ['by'])
  return [
    countBy(readColumns(lexer, known)),
    { kind: 'sort', columns: [{ name: 'column', column: 'count' }], descending: true },
    { kind: 'limit', count: digits === undefined ? TOP_DEFAULT : Number(digits) },
  ]
}

function readStats(lexer: QueryLexer, known: ReadonlySet<string>): QueryPipe {
  const by = lexer.takeKeyword('by') ? readColumns(lexer, known) : []
  const aggregates: Aggregate[] = []
  do {
    lexer.skipBlanks()
    aggregates.push(readAggregate(lexer))
    lexer.skipBlanks()
  } while (lexer.take(','))
  return { kind: 'stats', by, aggregates }
}

function readAggregate(lexer: QueryLexer): Aggregate {
  const offset = lexer.offset
  const name = lexer.readName()
  const found = FUNCTIONS.find((candidate) => candidate === name)
  if (found === undefined) throw lexer.fault('a function is missing', FUNCTIONS, offset)
  lexer.expect('(')
  lexer.skipBlanks()
  const field = lexer.peek() === ')' ? undefined : readField(lexer)
  if (field === undefined && found !== 'count') throw lexer.fault(`${found} needs a field`, ['a field'])
  lexer.expect(')')
  lexer.skipBlanks()
  const as = readAlias(lexer)
  return { function: found, ...(field === undefined ? {} : { field }), ...(as === undefined ? {} : { as }) }
}

function readAlias(lexer: QueryLexer): string | undefined {
  if (!lexer.takeKeyword('as')) return undefined
  lexer.skipBlanks()
  const name = lexer.readName()
  if (name === undefined) throw lexer.fault('a name is missing', ['a name'])
  return name
}
