import { expect, test } from 'vitest'
import { ArgumentCheck, ForgeError } from '../src/index.ts'

const check = new ArgumentCheck('STREAM_VALUE_INVALID')

/** A list whose members, or whose length, throw when they are looked at. */
function throwing(when: (key: string | symbol) => boolean): readonly unknown[] {
  return new Proxy(['a', 'b'], {
    get(target, key, receiver) {
      if (when(key)) throw new Error('looked at')
      return Reflect.get(target, key, receiver) as unknown
    },
  })
}

const revoked = Proxy.revocable([], {})
revoked.revoke()

test.each([
  ['a length', throwing((key) => key === 'length')],
  ['its last member', throwing((key) => key === '1')],
  ['everything', throwing(() => true)],
  ['a list that was revoked', revoked.proxy],
])('a list that throws on %s is refused with a code', (_what, list) => {
  expect(() => check.list(list, 'lines', { max: 4 })).toThrow(ForgeError)
})

test('a list is read once: what its owner changes later is not seen', () => {
  const given = ['a', 'b']
  const list = check.list(given, 'lines', { max: 4 })
  given[0] = 'c'
  expect(list).toEqual(['a', 'b'])
  expect(() => check.list(['a'], 'lines', { max: 0 })).toThrow('lines has 1 members, above the limit of 0')
})
