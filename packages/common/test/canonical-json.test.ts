import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, ForgeError, JSON_DEPTH_MAX } from '../src/index.ts'

const canonical = (value: unknown): string =>
  canonicalJson(value, { code: 'STREAM_VALUE_INVALID', what: 'it' })
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe('canonical JSON', () => {
  test('is that of RFC 8785 section 3.2.2 and 3.2.3', () => {
    const numbers = [333_333_333.333_333_3, 1e30, 4.5, 2e-3, 0.000_000_000_000_000_000_000_000_001]
    expect(canonical({ numbers, string: '\u20ac$\u000f\nA\'B"\\\\"/', literals: [null, true, false] })).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
    expect(canonical(names)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
  })

  test.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.797_693_134_862_315_7e308, '1.7976931348623157e+308'],
    [9_007_199_254_740_992, '9007199254740992'],
    [1e21, '1e+21'],
    [999_999_999_999_999_900_000, '999999999999999900000'],
    [1e-7, '1e-7'],
    [0.000_001, '0.000001'],
  ])('writes the number %d as %s', (value, text) => {
    expect(canonical(value)).toBe(text)
  })

  test('parses to the same value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }), (value) => {
        const text = canonical(value)
        const plain: unknown = JSON.parse(JSON.stringify(value))
        expect(JSON.parse(text)).toEqual(plain)
        expect(canonical(JSON.parse(text))).toBe(text)
      }),
    )
    expect(canonical({ b: 1, a: { d: 1, c: 2 } })).toBe(canonical({ a: { c: 2, d: 1 }, b: 1 }))
    expect(canonical(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
  })

  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined in an array', [undefined]],
    ['a hole in an array', Array(2)],
    ['a function', () => 1],
    ['a symbol', [Symbol('a')]],
    ['a bigint', 1n],
    ['NaN', NaN],
    ['an infinity', [-Infinity]],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate as a key', { '\udc00': 1 }],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a cycle', cycle],
    ['too much depth', nested(JSON_DEPTH_MAX + 1)],
  ])('refuses %s', (_, value) => {
    expect(() => canonical(value)).toThrow(expect.objectContaining({ code: 'STREAM_VALUE_INVALID' }))
  })

  test('takes the depth that is just allowed', () => {
    expect(canonical(nested(JSON_DEPTH_MAX))).toHaveLength(2 * JSON_DEPTH_MAX + 1)
  })
})

test('a member that is undefined is left out, as JSON.stringify does', () => {
  const value = { a: 1, b: undefined, c: { d: undefined, e: [1] } }
  expect(canonical(value)).toBe(JSON.stringify(value))
})

test.each([
  ['it holds a bigint, which JSON cannot express', 1n],
  ['it holds undefined, which JSON cannot express: see [1]', [1, undefined]],
  [
    'it holds a bigint, which JSON cannot express: see order.items[2].price',
    { order: { items: [0, 0, { price: 1n }] } },
  ],
  ['it holds a number that is not finite: see total', { first: { a: [] }, total: Number.NaN }],
  ['it holds an object that is not plain JSON: see err', { err: new Error('x') }],
  ['it holds a lone surrogate: see [0]', ['\ud800']],
])('a refusal says where: %s', (message, value) => {
  expect(() => canonical(value)).toThrow(new ForgeError('STREAM_VALUE_INVALID', message))
})

test('the place of a refusal is told within a bound', () => {
  const value = { ['n'.repeat(5000)]: 1n }
  try {
    canonical(value)
    expect.unreachable()
  } catch (error) {
    expect(String(error).length).toBeLessThan(400)
  }
})
