import { assert } from '@forgeone/common'
import type { CallbackShape, MethodShape, ObjectShape, Shape } from './shape.ts'

/** What the language asks objects for by itself, or finds its way to other things by. */
const REFUSED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
  'then',
  'toJSON',
  '',
])
/** Paths have them between their parts. */
const SEPARATOR = '.'

const checked = new WeakSet<object>()

/** A description is of our own making: what is wrong with it is a defect. Once looked at, it is believed. */
export function checkShape(shape: ObjectShape): void {
  if (checked.has(shape)) return
  // First, since an object may have methods that give its like.
  checked.add(shape)
  const { methods, parts = {}, properties = [], asked = [] } = shape
  const names = [...Object.keys(methods), ...Object.keys(parts), ...properties, ...asked]
  for (const name of names) {
    assert(!REFUSED.has(name) && !name.includes(SEPARATOR), `${name} is no name that can be called`)
  }
  assert(new Set(names).size === names.length, 'each name of a description means one thing')
  for (const name of shape.changing ?? []) assert(properties.includes(name), `${name} is a property`)
  const called = [shape.iterates?.method, shape.whenLost, shape.whenClosing, ...(shape.releasedBy ?? [])]
  for (const name of called) assert(name === undefined || Object.hasOwn(methods, name), `${name} is a method`)
  for (const method of Object.values(methods)) checkMethod(method)
  for (const part of Object.values(parts)) checkShape(part)
}

function checkMethod({ gives, callbacks }: MethodShape): void {
  checkGiven(gives)
  for (const callback of Object.values<CallbackShape>(callbacks ?? {})) {
    for (const shape of callback.gets ?? []) {
      assert(shape.kind !== 'stream', 'callbacks get no streams')
      checkGiven(shape)
    }
  }
}

function checkGiven(shape: Shape): void {
  if (shape.kind === 'object') checkShape(shape)
  if (shape.kind === 'list') checkShape(shape.of)
}
