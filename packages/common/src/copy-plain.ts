import { copyBytes } from './bytes.ts'
import { JSON_DEPTH_MAX } from './canonical-json.ts'
import { isBytes, isPlainObject } from './realms.ts'

/** Lists of entries with members, or options with lists: no rule looks deeper. */
const LEVELS = 2

/**
 * The arguments of a call as they are now: lists and plain objects are copied, each member read once. A rule and the method
 * it stands before then see the same, whatever getters, proxies or a caller that changes them meanwhile would show.
 * Bytes, iterables, signals, functions and objects of a class are handed on as they are; no rule reads a name from them.
 */
export function snapshotArguments(args: readonly unknown[]): unknown[] {
  return args.map((argument) => snapshot(argument, LEVELS))
}

/**
 * Plain data of its own, to any depth that a value may have, with its bytes: what is used after the call that gave it, and
 * what is handed out of something that lives on. Anything else is handed on as it is.
 */
export function copyPlain<Value>(value: Value): Value {
  return snapshot(value, LEVELS + 1 + JSON_DEPTH_MAX, new Map()) as Value
}

/** @param copies those that were made already, where bytes are copied too; an object that is in two places, or in itself, is copied once */
function snapshot(value: unknown, levels: number, copies?: Map<object, unknown>): unknown {
  if (levels === 0 || typeof value !== 'object' || value === null) return value
  const known = copies?.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    const items: unknown[] = []
    copies?.set(value, items)
    for (const item of value as readonly unknown[]) items.push(snapshot(item, levels - 1, copies))
    return items
  }
  if (copies !== undefined && isBytes(value)) return copyBytes(value)
  if (!isReadable(value)) return value
  const copy: Record<string, unknown> = {}
  copies?.set(value, copy)
  for (const [name, member] of Object.entries(value)) {
    // As own, whatever it is called: `__proto__` in text of JSON is a member.
    Object.defineProperty(copy, name, {
      value: snapshot(member, levels - 1, copies),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

/** Whether names may be read from an object: it is plain, and no iterable. */
export function isReadable(value: object): boolean {
  return isPlainObject(value) && !(Symbol.asyncIterator in value) && !(Symbol.iterator in value)
}
