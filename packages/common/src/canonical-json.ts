import type { ErrorCode } from './error-codes.ts'
import { isPlainObject } from './realms.ts'
import { ForgeError } from './forge-error.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/**
 * A type whose values JSON can express, interfaces and optional members included; `never` where it cannot. For parameters:
 * `value: T & JsonCompatible<T>`.
 */
export type JsonCompatible<T> = T extends JsonValue | undefined
  ? T
  : T extends Inexpressible
    ? never
    : { readonly [Key in keyof T]: JsonCompatible<T[Key]> }

type Inexpressible =
  | ((...input: never[]) => unknown)
  | bigint
  | symbol
  | Date
  | Error
  | RegExp
  | Promise<unknown>
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>

/** Deeper values are refused: a hostile one must not exhaust the stack. */
export const JSON_DEPTH_MAX = 32

/** A path into a value is told up to this length. */
const PATH_CHARACTERS_MAX = 200

/**
 * Writes a value as RFC 8785 text: keys sorted by UTF-16 units, no blanks. Members that are undefined are left out, as
 * `JSON.stringify` does.
 * Refused, with the code given and the place named: undefined elsewhere, holes in arrays, functions, bigint, NaN, infinities, lone
 * surrogates, objects that are not plain, cycles, depth above 32.
 */
export function canonicalJson(value: unknown, { code, what }: { code: ErrorCode; what: string }): string {
  const path: (string | number)[] = []
  return write(value, path, (reason) => {
    const place = path.length === 0 ? '' : `: see ${pathText(path)}`
    throw new ForgeError(code, `${what} ${reason}${place}`)
  })
}

type Refuse = (reason: string) => never

function pathText(path: readonly (string | number)[]): string {
  const text = path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${step}`))
    .join('')
  return text.length > PATH_CHARACTERS_MAX ? `${text.slice(0, PATH_CHARACTERS_MAX)}…` : text
}

/** @param path of the value; its length is the depth */
function write(value: unknown, path: (string | number)[], refuse: Refuse): string {
  if (path.length > JSON_DEPTH_MAX) refuse(`is nested deeper than ${JSON_DEPTH_MAX} levels`)
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
      return value === null ? 'null' : writeObject(value, path, refuse)
    default:
      return refuse(
        `holds ${typeof value === 'undefined' ? '' : 'a '}${typeof value}, which JSON cannot express`,
      )
  }
}

function writeObject(value: object, path: (string | number)[], refuse: Refuse): string {
  // `Array.from` visits holes too, which `map` would pass over and leave text that is no JSON.
  if (Array.isArray(value))
    return `[${Array.from(value, (item, at) => writeAt(at, item, path, refuse)).join(',')}]`
  if (!isPlainObject(value)) refuse('holds an object that is not plain JSON')
  const parts: string[] = []
  for (const [key, member] of Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (member === undefined) continue
    if (!key.isWellFormed()) refuse('holds a lone surrogate in a name')
    parts.push(`${JSON.stringify(key)}:${writeAt(key, member, path, refuse)}`)
  }
  return `{${parts.join(',')}}`
}

function writeAt(step: string | number, value: unknown, path: (string | number)[], refuse: Refuse): string {
  path.push(step)
  const text = write(value, path, refuse)
  path.pop()
  return text
}
