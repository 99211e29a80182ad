import { ForgeError, type JsonObject, type JsonValue, isError } from '@forgeone/common'

/** A value given as JSON on the command line or in a file. @throws STREAM_VALUE_INVALID */
export function parseJsonText(text: string, what: string): JsonValue {
  try {
    // JSON.parse gives JSON values by definition.
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    const reason = isError(cause) ? cause.message : 'it cannot be read'
    throw new ForgeError('STREAM_VALUE_INVALID', `${what} is not JSON: ${reason}`, {
      cause,
      hint: 'Quote it for the shell, such as \'{"amount": 5}\'; a bare text needs its own quotes or --text.',
    })
  }
}

/** @throws STREAM_VALUE_INVALID */
export function parseJsonObject(text: string, what: string): JsonObject {
  const value = parseJsonText(text, what)
  if (isJsonObject(value)) return value
  throw new ForgeError('STREAM_VALUE_INVALID', `${what} is not a JSON object`)
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
