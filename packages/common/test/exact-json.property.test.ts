import {
  array,
  assert,
  constantFrom,
  dictionary,
  double,
  jsonValue,
  oneof,
  property,
  string,
  tuple,
} from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isForgeError, parseExactJson, type JsonValue } from '../src/index.ts'

const as = { code: 'SETTING_INVALID', what: 'the value' } as const
const read = (text: string): JsonValue | 'refused' => {
  try {
    return parseExactJson(text, as)
  } catch (error) {
    if (!isForgeError(error, 'SETTING_INVALID')) throw error
    return 'refused'
  }
}

describe('JSON of a user', () => {
  test('that JSON.stringify wrote is read as JSON.parse reads it', () => {
    assert(
      property(
        jsonValue(),
        oneof(constantFrom<number | undefined>(undefined), constantFrom(1, 2)),
        (value, space) => {
          const text = JSON.stringify(value, undefined, space)
          expect(read(text)).toEqual(JSON.parse(text))
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('has its numbers kept, or is refused: what is stored is written with the same value', () => {
    const digits = string({ unit: constantFrom(...'0123456789'), minLength: 1, maxLength: 25 })
    const number = tuple(
      constantFrom('', '-'),
      oneof(
        constantFrom('0', '9007199254740993', '9007199254740992'),
        digits.map((text) => text.replace(/^0+/, '') || '0'),
      ),
      oneof(
        constantFrom(''),
        digits.map((text) => `.${text}`),
      ),
      constantFrom('', '', 'e5', 'E+20', 'e-7', 'e400', 'e-400'),
    ).map((parts) => parts.join(''))
    assert(
      property(number, (text) => {
        const found = read(`{"a":[${text}]}`)
        const exact = sameValue(text, JSON.stringify(JSON.parse(text)))
        expect(found !== 'refused').toBe(exact)
      }),
      { numRuns: 3000 },
    )
    assert(
      property(double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(read(String(value))).toBe(value + 0)
      }),
    )
  })

  test('has no member twice, however the name is written and wherever it stands', () => {
    assert(
      property(
        dictionary(string(), jsonValue(), { maxKeys: 4, noNullPrototype: true }),
        string(),
        array(constantFrom('[', '{"x":'), { maxLength: 3 }),
        (members, name, around) => {
          const escaped = `"${Array.from(name, (one) =>
            one
              .split('')
              .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
              .join(''),
          ).join('')}"`
          const inner = JSON.stringify({ ...members, [name]: 1 }).slice(1, -1)
          const close = around
            .map((one) => (one === '[' ? ']' : '}'))
            .reverse()
            .join('')
          expect(read(`${around.join('')}{${inner}}${close}`)).not.toBe('refused')
          expect(read(`${around.join('')}{${inner},${escaped}:2}${close}`)).toBe('refused')
        },
      ),
    )
  })

  test('is refused with the place, never the text', () => {
    const table: readonly [string, string][] = [
      ['{"id":9007199254740993}', 'holds a number id that'],
      ['{"a":{"b c":[0,1e400]}}', 'holds a number a["b c"][1] that'],
      ['12345678901234567890', 'holds a number that'],
      ['{"a":1,"b":{"a":1,"a":2}}', 'has the member b.a twice'],
      ['{"":1,"":2}', 'has the member [""] twice'],
      ['{"__proto__":1,"__proto__":2}', 'has the member __proto__ twice'],
      ['secret', 'is not JSON'],
    ]
    for (const [text, reason] of table)
      expect(() => parseExactJson(text, as), text).toThrow(`the value ${reason}`)
    for (const text of [
      '1.10',
      '1e3',
      '-0',
      '1.0',
      '0.1',
      '9007199254740992',
      '{"a":{"a":{"a":1}}}',
      '[{"a":1},{"a":1}]',
      '"\\\\"',
      '{"a":"\\"","b":"\\\\\\"a"}',
    ])
      expect(read(text), text).toEqual(JSON.parse(text))
    expect(read(`${'['.repeat(5000)}1${']'.repeat(5000)}`)).not.toBe('refused')
  })
})

/** By integers alone. */
function sameValue(left: string, right: string): boolean {
  if (right === 'null') return false
  const [[a, aUnit], [b, bUnit]] = [parts(left), parts(right)]
  const unit = Math.min(aUnit, bUnit)
  return a * 10n ** BigInt(aUnit - unit) === b * 10n ** BigInt(bUnit - unit)
}

function parts(text: string): readonly [bigint, number] {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(
    text,
  )!
  const digits = BigInt(`${whole}${fraction}`)
  return [sign === '-' ? -digits : digits, Number(exponent) - fraction.length]
}
