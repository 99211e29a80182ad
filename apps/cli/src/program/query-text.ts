import { ForgeError, isForgeError } from '@forgeone/common'
import { parseQuery, type Query } from '@forgeone/streams'

/** Parses a query before the store is opened, so that a slip costs nothing; its error carries the text for the caret. */
export function parseQueryText(text: string): Query {
  try {
    return parseQuery(text)
  } catch (error) {
    if (!isForgeError(error)) throw error
    throw new ForgeError(error.code, error.message, {
      cause: error,
      details: { ...error.details, query: text },
      hint: error.hint,
    })
  }
}
