import { ForgeError } from '@forgeone/common'
import type { MethodShape, ObjectShape } from './shape.ts'

/** What a call means to reach: a part of an object, and a method or property of that. */
export interface Target {
  readonly shape: ObjectShape
  readonly parts: readonly string[]
}

const NO_PARTS: readonly string[] = []

/**
 * The part that a path names, by what the description itself has alone: no inherited name is ever found.
 * @throws IPC_METHOD_UNKNOWN
 */
export function findPart(shape: ObjectShape, path: string): Target {
  if (path === '') return { shape, parts: NO_PARTS }
  const parts = path.split('.')
  let found = shape
  for (const part of parts) {
    const next = found.parts !== undefined && Object.hasOwn(found.parts, part) ? found.parts[part] : undefined
    if (next === undefined) throw unknownMethod(path)
    found = next
  }
  return { shape: found, parts }
}

/** @throws IPC_METHOD_UNKNOWN */
export function findMethod(shape: ObjectShape, name: string): MethodShape {
  const method = Object.hasOwn(shape.methods, name) ? shape.methods[name] : undefined
  if (method === undefined) throw unknownMethod(name)
  return method
}

export function unknownMethod(name: string): ForgeError {
  return new ForgeError(
    'IPC_METHOD_UNKNOWN',
    `there is nothing to call by the name ${JSON.stringify(name.slice(0, 80))}`,
  )
}
