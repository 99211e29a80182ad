import type { ErrorCode } from './error-codes.ts'
import { isPlainObject } from './realms.ts'
import { ForgeError } from './forge-error.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Deeper values are refused: a hostile one must not exhaust the stack. */
export const JSON_DEPTH_MAX = 32

/**
 * Writes a value as RFC 8785 text: keys sorted by UTF-16 units, no blanks.
 * Refused, with the code given: undefined, holes in arrays, functions, bigint, NaN, infinities, lone surrogates, cycles, depth above 32.
 */
export function canonicalJson(value: unknown, { code, what }: { code: ErrorCode; what: string }): string {
  return write(value, 0, (reason) => {
    throw new ForgeError(code, `${what} ${reason}`)
  })
}

type Refuse = (reason: string) => never

function write(value: unknown, depth: number, refuse: Refuse): string {
  if (depth > JSON_DEPTH_MAX) refuse(`is nested deeper than ${JSON_DEPTH_MAX} levels`)
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) refuse('holds a lone surrogate')
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) refuse('holds a number that is not finite')
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : writeObject(value, depth, refuse)
    default:
      return refuse(`holds a ${typeof value}, which JSON cannot express`)
  }
}

function writeObject(value: object, depth: number, refuse: Refuse): string {
  // `Array.from` visits holes too, which `map` would pass over and leave text that is no JSON.
  if (Array.isArray(value))
    return `[${Array.from(value, (item) => write(item, depth + 1, refuse)).join(',')}]`
  if (!isPlainObject(value)) refuse('holds an object that is not plain JSON')
  const parts: string[] = []
  for (const [key, member] of Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))) {
    parts.push(`${write(key, depth, refuse)}:${write(member, depth + 1, refuse)}`)
  }
  return `{${parts.join(',')}}`
}
