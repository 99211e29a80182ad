import { ForgeError, isForgeError, parseExactJson, type JsonValue } from '@forgeone/common'

/**
 * JSON where it is JSON. A number that would be shown in other characters than were typed, such as a version 1.10, is
 * a text for whoever typed it; within an object or an array, the number that JSON says.
 * @throws SETTING_INVALID for JSON that would not be kept as it is
 */
export function settingValue(text: string): JsonValue {
  if (!isJson(text)) return text
  const value = exactValue(text)
  return typeof value === 'number' && JSON.stringify(value) !== text.trim() ? text : value
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function exactValue(text: string): JsonValue {
  try {
    return parseExactJson(text, { code: 'SETTING_INVALID', what: 'the value' })
  } catch (cause) {
    if (!isForgeError(cause)) throw cause
    throw new ForgeError(cause.code, cause.message, { hint: 'Put --text behind it to store it as a text.' })
  }
}
