import { isPlainObject } from '@forgeone/common'
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

function snapshot(value: unknown, levels: number): unknown {
  if (levels === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => snapshot(item, levels - 1))
  if (!isPlain(value)) return value
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    // As own, whatever it is called: `__proto__` in text of JSON is a member.
    Object.defineProperty(copy, name, {
      value: snapshot(member, levels - 1),
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
