import { types } from 'node:util'
import { isBytes } from '@forgeone/common'

/** Whether something has methods, its own or of its class, that may reach a store. Those of the language reach nothing. */
export function hasMethods(value: object): boolean {
  if (
    Array.isArray(value) ||
    isBytes(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value)
  )
    return false
  for (
    let at: object | null = value;
    at !== null && !isRoot(at);
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof member === 'function' && name !== 'constructor' && name !== 'toJSON') return true
  return false
}

/** `Object.prototype`, of this realm or another. */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty')
}
