import { ForgeError } from '@forgeone/common'

export interface QueryFault {
  /** UTF-16 units from the start of the query. */
  readonly offset: number
  readonly reason: string
  readonly expected?: readonly string[]
  readonly suggestion?: string | undefined
}

/** The error of a query that cannot be read; `details` carries offset and what was expected. */
export function querySyntaxError(fault: QueryFault): ForgeError {
  const { offset, reason, expected = [], suggestion } = fault
  // A suggestion says more than the list of all names.
  const wanted =
    expected.length === 0 || suggestion !== undefined ? '' : `; expected ${expected.join(' or ')}`
  const message = `query, character ${offset + 1}: ${reason}${wanted}`
  return new ForgeError('STREAM_QUERY_SYNTAX', message, {
    details: { offset, expected, ...(suggestion === undefined ? {} : { suggestion }) },
  })
}
