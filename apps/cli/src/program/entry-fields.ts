import { ForgeError, isForgeError, parseExactJson, type JsonObject, type JsonValue } from '@forgeone/common'

/** A value given as JSON on the command line or in a file, kept exactly. @throws STREAM_VALUE_INVALID */
export function parseJsonText(text: string, what: string): JsonValue {
  try {
    return parseExactJson(text, { code: 'STREAM_VALUE_INVALID', what })
  } catch (cause) {
    if (!isForgeError(cause)) throw cause
    throw new ForgeError(cause.code, cause.message, {
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
