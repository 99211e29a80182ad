import { ForgeError } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { KEYS_REMEMBERED_MAX, RecentWrites } from '../src/commit/recent-writes.ts'
import type { Expectation } from '../src/port/store.ts'

const key = fc.uint8Array({ minLength: 1, maxLength: 2 })
const write = fc.record({ database: fc.constantFrom('a', 'b'), keys: fc.array(key, { maxLength: 4 }) })
const asked = fc.record({
  database: fc.constantFrom('a', 'b', 'c'),
  since: fc.nat(30),
  from: fc.option(key, { nil: undefined }),
  to: fc.option(key, { nil: undefined }),
  isKey: fc.boolean(),
})

const keyOf = (n: number): Uint8Array => Buffer.from(String(n))
const compare = (left: Uint8Array, right: Uint8Array): number => Buffer.compare(left, right)

test('a condition is refused exactly when a commit behind it touched its place', () => {
  fc.assert(
    fc.property(
      fc.array(write, { maxLength: 25 }),
      fc.array(asked, { maxLength: 10 }),
      (writes, questions) => {
        const recent = new RecentWrites(0)
        for (const [index, { database, keys }] of writes.entries())
          recent.note(
            index + 1,
            keys.map((each) => ({ type: 'delete', database, key: each })),
          )
        for (const { database, since, from, to, isKey } of questions) {
          const place = isKey ? { key: from ?? Uint8Array.of(1) } : { range: { from, to } }
          const isInside = (each: Uint8Array): boolean => {
            if ('key' in place) return compare(each, place.key) === 0
            return (
              (from === undefined || compare(each, from) >= 0) && (to === undefined || compare(each, to) < 0)
            )
          }
          const isTouched = writes.some(
            (each, index) => index + 1 > since && each.database === database && each.keys.some(isInside),
          )
          expect(isRefused(recent, { database, since, ...place } as Expectation)).toBe(isTouched)
        }
      },
    ),
  )
})

test('of more keys than are remembered the oldest are refused as too old, and never taken for untouched', () => {
  const recent = new RecentWrites(0)
  const last = KEYS_REMEMBERED_MAX + 100
  for (let n = 1; n <= last; n++) recent.note(n, [{ type: 'delete', database: 'a', key: keyOf(n) }])
  const refusal = (since: number): unknown => {
    try {
      recent.assertUntouched({ database: 'a', key: Buffer.from('untouched'), since })
      return undefined
    } catch (error) {
      return (error as ForgeError).details['reason']
    }
  }
  expect([refusal(99), refusal(100), refusal(last)]).toEqual(['too-old', undefined, undefined])
  expect(isRefused(recent, { database: 'a', key: keyOf(50), since: 10 })).toBe(true)
  expect(isRefused(recent, { database: 'b', key: keyOf(50), since: 0 })).toBe(false)
})

function isRefused(recent: RecentWrites, expectation: Expectation): boolean {
  try {
    recent.assertUntouched(expectation)
    return false
  } catch (error) {
    expect((error as ForgeError).code).toBe('COMMIT_CONFLICT')
    return true
  }
}
