import { isBytes, isPlainObject, JSON_DEPTH_MAX } from '@forgeone/common'

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

/** The same to any depth that a value may have, with bytes: for a call whose arguments are used only later. */
export function copyArguments(args: readonly unknown[]): unknown[] {
  return args.map((argument) => snapshot(argument, LEVELS + JSON_DEPTH_MAX, new Map()))
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
  // Not by `slice`, which of a Buffer is the same memory, and of a class of somebody else anything.
  if (copies !== undefined && isBytes(value)) return new Uint8Array(value)
  if (!isPlain(value)) return value
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

/** Whether a rule may read names from an object. */
export function isPlain(value: object): boolean {
  return isPlainObject(value) && !(Symbol.asyncIterator in value) && !(Symbol.iterator in value)
}
