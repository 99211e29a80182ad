import { isForgeError } from '@forgeone/common'
import type { Query } from '../query/ast.ts'
import { parseQuery } from '../query/parser.ts'
import { printQuery } from '../query/printer.ts'
import { streamCheck } from './stream-arguments.ts'

/**
 * A query, parsed or made by hand. One that was made by hand goes through its text, so that what its types rule out and
 * what its limits forbid is found like in any other.
 * @throws STREAM_QUERY_SYNTAX, STREAM_QUERY_UNSAFE, STREAM_QUERY_LIMIT, STREAM_VALUE_INVALID
 */
export function readQuery(query: string | Query): Query {
  return parseQuery(typeof query === 'string' ? query : textOf(query))
}

function textOf(query: Query): string {
  try {
    const text = printQuery(query)
    if (typeof text === 'string') return text
  } catch (cause) {
    if (isForgeError(cause)) throw cause
    throw streamCheck.refusal('the query', 'is malformed', cause)
  }
  throw streamCheck.refusal('the query', 'is malformed')
}
