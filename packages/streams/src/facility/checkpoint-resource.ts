import { types } from 'node:util'
import { isPlainObject, isReadable } from '@forgeone/common'
import { resourceSegment } from '@forgeone/engine'

/** What is no name stands for all of them: only who may use all may try. */
export function checkpointResource(name: unknown): string {
  return `checkpoints/${typeof name === 'string' && name !== '' ? resourceSegment(name) : '**'}`
}

/** The checkpoints that options of reading begin and end at. */
export function boundCheckpoints(options: unknown): readonly string[] {
  if (typeof options !== 'object' || options === null) return []
  // An object of a class may show another bound at each look.
  if (!isReadable(options)) return [checkpointResource(undefined)]
  return ['from', 'to'].flatMap((name) => checkpointOfBound(Reflect.get(options, name)))
}

/** The checkpoint that a bound names, if it does. */
export function checkpointOfBound(bound: unknown): readonly string[] {
  if (typeof bound !== 'object' || bound === null || isBareDate(bound)) return []
  if (!isReadable(bound)) return [checkpointResource(undefined)]
  const name: unknown = Reflect.get(bound, 'checkpoint')
  return name === undefined ? [] : [checkpointResource(name)]
}

function isBareDate(bound: object): boolean {
  // Of this realm or another, but of no class of its own: its prototype is the one right below the root.
  const prototype: unknown = Object.getPrototypeOf(bound)
  const isDate = types.isDate(bound) && typeof prototype === 'object' && prototype !== null
  return isDate && !types.isDate(prototype) && isPlainObject(prototype) && Reflect.ownKeys(bound).length === 0
}
