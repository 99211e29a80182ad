import {
  array,
  assert,
  constantFrom,
  double,
  integer,
  oneof,
  property,
  string,
  tuple,
  type Arbitrary,
} from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue } from '@forgeone/common'
import { compareDecimals, parseDecimal } from '@forgeone/common'
import { compileValueTest } from '../../src/query/scalar-test.ts'
import { compareValues } from '../../src/query/table-values.ts'
import { exactDifference } from './naive-filter.ts'

const digits = (maxLength: number): Arbitrary<string> =>
  string({ unit: constantFrom(...'0001239'), minLength: 1, maxLength })
const written = tuple(
  constantFrom('', '', '-', '+'),
  oneof(digits(20), constantFrom('9007199254740992', '9007199254740993', '1772359200123456')),
  oneof(
    constantFrom(''),
    digits(20).map((fraction) => `.${fraction}`),
  ),
  constantFrom('', '', 'e0', 'e1', 'E+2', 'e-3', 'e20', 'e-400', 'e400'),
).map((parts) => parts.join(''))
const jsonNumber = oneof(
  double({ noNaN: true, noDefaultInfinity: true }),
  integer(),
  constantFrom(0, 0.1, 9007199254740992, 1772359200123456, 1e21, 5e-324),
)
const noNumber: Arbitrary<JsonValue> = constantFrom(
  ...([
    null,
    true,
    false,
    '',
    '-',
    '+',
    '.',
    'e5',
    'n/a',
    '5 ',
    ' 5',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '1e',
    '5,0',
    '٣',
    {},
    [],
    [500],
    { a: 1 },
  ] as JsonValue[]),
)

const holds = (value: JsonValue, operator: '<' | '<=' | '>' | '>=' | '=', wanted: string): boolean =>
  compileValueTest({ kind: 'compare', operator, value: wanted })(value, () =>
    typeof value === 'string' ? value : JSON.stringify(value),
  )

test('numbers compare by their digits, however many, whether they stand as numbers or as texts', () => {
  assert(
    property(oneof(written, jsonNumber), written, (value, wanted) => {
      const by = exactDifference(String(value), wanted)
      expect(holds(value, '>', wanted)).toBe(by > 0)
      expect(holds(value, '>=', wanted)).toBe(by >= 0)
      expect(holds(value, '<', wanted)).toBe(by < 0)
      expect(holds(value, '<=', wanted)).toBe(by <= 0)
      if (typeof value === 'number') expect(holds(value, '=', wanted)).toBe(by === 0)
      expect(Math.sign(compareDecimals(parseDecimal(String(value))!, parseDecimal(wanted)!))).toBe(by)
    }),
    { numRuns: 3000 },
  )
})

test('what is no number has no order with one, and what is no text has none with a text', () => {
  assert(
    property(noNumber, written, (value, wanted) => {
      for (const operator of ['<', '<=', '>', '>='] as const)
        expect(holds(value, operator, wanted)).toBe(false)
      const range = {
        kind: 'range',
        from: '-1e999',
        to: '1e999',
        fromIncluded: true,
        toIncluded: true,
      } as const
      expect(compileValueTest(range)(value, () => String(value))).toBe(false)
    }),
  )
  assert(
    property(
      oneof(jsonNumber, constantFrom<JsonValue>(null, true, {}, [])),
      constantFrom('b', 'n/a', '-', ''),
      (value, wanted) => {
        for (const operator of ['<', '<=', '>', '>='] as const)
          expect(holds(value, operator, wanted)).toBe(false)
      },
    ),
  )
  expect([holds('a', '<', 'b'), holds('10', '<', 'b'), holds('c', '>=', 'b')]).toEqual([true, true, true])
})

test('a sort has one order over numbers, texts and everything else', () => {
  const value = oneof(written, jsonNumber, noNumber)
  assert(
    property(array(value, { minLength: 3, maxLength: 3 }), ([a, b, c]) => {
      // Not by `Object.is`: 0 and -0 both say equal.
      expect(Math.sign(compareValues(a, b)) === -Math.sign(compareValues(b, a))).toBe(true)
      if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0)
        expect(compareValues(a, c)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 3000 },
  )
})

test('a long text of digits takes no longer than reading it', () => {
  const long = `${'1'.repeat(100_000)}${'0'.repeat(100_000)}`
  expect(holds(long, '>', '1e5')).toBe(true)
  expect(holds(`1${'0'.repeat(100_000)}x`, '>', '1')).toBe(false)
  expect(holds(`1e${'9'.repeat(20)}`, '<', `1e${'9'.repeat(21)}`)).toBe(true)
})
