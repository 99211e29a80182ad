import { ForgeError, isForgeError, isPlainObject, SeededRandom } from '@forgeone/common'
import { ODD_VALUES } from '@forgeone/common/testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ValueDecoder } from '../src/value/value-decoder.ts'
import { ValueEncoder } from '../src/value/value-encoder.ts'

function through(...values: readonly unknown[]): unknown[] {
  const encoder = new ValueEncoder()
  for (const value of values) encoder.add(value)
  const decoder = new ValueDecoder(encoder.finish())
  const read = values.map(() => decoder.next())
  decoder.finish()
  return read
}

const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((again) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(
      null,
      undefined,
      -0,
      Number.NaN,
      2 ** 31,
      -(2 ** 31),
      2 ** 31 - 1,
      1 - 2 ** 31,
      '\uD800',
      'ä',
    ),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array(),
    fc.array(again('value')),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'then', 'a\0b')), again('value')),
    fc.array(fc.record({ id: fc.string(), at: fc.integer(), more: again('value') })),
    fc.array(fc.tuple(again('value'), again('value'))).map((pairs) => new Map(pairs)),
    fc.array(again('value')).map((members) => new Set(members)),
  ),
})).value

test('plain values go there and come back equal', () => {
  fc.assert(
    fc.property(fc.array(value), (values) => {
      expect(through(...values)).toEqual(values)
    }),
    { numRuns: 500 },
  )
})

test('names with a separator in them are not taken for others', () => {
  const values = [{ 'a\0b': 1 }, { a: 1, b: 2 }, { 'a\0b': 3 }, { a: 4, b: 5 }, { a: 6, b: 7 }, { 'a\0b': 8 }]
  expect(through(values)).toEqual([values])
})

test('more lists of names than are remembered', () => {
  const values = Array.from({ length: 3000 }, (_, index) => ({ [`name ${index % 1500}`]: index }))
  expect(through(values)).toEqual([values])
})

test('`__proto__` is a name like any other', () => {
  const [read] = through(JSON.parse('{"__proto__": {"polluted": 1}}')) as [object]
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  expect(Object.hasOwn(read, '__proto__')).toBe(true)
  expect('polluted' in {}).toBe(false)
})

test('errors come back with what they say of themselves, without their stack', () => {
  const cause = Object.assign(new Error('no such file'), { code: 'ENOENT' })
  const error = new ForgeError('OVERLOADED', 'too much', {
    cause,
    hint: 'wait',
    details: { a: [`b`], c: null },
  })
  const [read] = through(error) as [ForgeError]
  expect(isForgeError(read, 'OVERLOADED')).toBe(true)
  expect(read).toMatchObject({
    message: 'too much',
    hint: 'wait',
    details: { a: ['b'], c: null },
    name: 'ForgeError',
  })
  expect(read.cause).toMatchObject({ message: 'no such file', code: 'ENOENT' })
  const [type, abort, own] = through(
    new TypeError('t'),
    new DOMException('gone', 'AbortError'),
    Object.defineProperty(new Error('x'), 'name', { value: 'Mine' }),
  ) as [Error, Error, Error]
  expect(type).toBeInstanceOf(TypeError)
  expect(abort).toBeInstanceOf(DOMException)
  expect(abort.name).toBe('AbortError')
  expect(own).toMatchObject({ name: 'Mine', message: 'x' })
})

test('an error that is its own cause ends', () => {
  const error = new Error('again')
  error.cause = error
  expect((through(error)[0] as Error).message).toBe('again')
})

/** Everything that a value holds. */
function* insides(value: unknown, depth = 0): Generator<unknown> {
  yield value
  if (depth > 80 || typeof value !== 'object' || value === null) return
  if (value instanceof Map)
    for (const [key, member] of value) yield* [...insides(key, depth + 1), ...insides(member, depth + 1)]
  else if (value instanceof Set || Array.isArray(value))
    for (const member of value) yield* insides(member, depth + 1)
  else if (!(value instanceof Uint8Array))
    for (const member of Object.values(value)) yield* insides(member, depth + 1)
}

function isAllowed(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true
  if (isPlainObject(value)) return true
  return [Date, Map, Set, Uint8Array, Error, DOMException].some((type) => value instanceof type)
}

test.each(ODD_VALUES.map((odd) => [odd.name, odd] as const))(
  '%s goes as plain data or is refused with a code',
  (_, odd) => {
    let read: unknown
    try {
      ;[read] = through(odd.make())
    } catch (error) {
      expect(isForgeError(error, 'IPC_VALUE_INVALID', 'IPC_LIMIT')).toBe(true)
      return
    }
    for (const inside of insides(read)) expect(isAllowed(inside)).toBe(true)
  },
)

test('an encoder that refused a value takes the next', () => {
  const encoder = new ValueEncoder()
  expect(() => encoder.add({ a: [1, 'x', () => 1] })).toThrow(/function/)
  const decoder = new ValueDecoder(encoder.add('next').finish())
  expect(decoder.next()).toBe('next')
  decoder.finish()
})

test('whatever bytes come, plain data or IPC_PROTOCOL comes out', () => {
  const seed = Number(process.env['FORGE_TEST_SEED'] ?? 1)
  const random = new SeededRandom(seed)
  const whole = new ValueEncoder()
    .add([
      { id: 'x', at: 1.5, list: [1n, new Date(0), new Map([[1, new Set(['ä'])]])] },
      { id: 'y', at: 2, list: [] },
    ])
    .add(new ForgeError('OVERLOADED', 'm'))
    .finish()
  let refused = 0
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0 ? Buffer.from(random.bytes(random.below(80))) : Buffer.from(whole)
    if (round % 2 === 1)
      for (let flips = 1 + random.below(3); flips > 0; flips--)
        bytes[random.below(bytes.length)] = random.below(256)
    else if (bytes.length > 5) bytes.set([0, 0, 0, 0, random.below(bytes.length)])
    try {
      const decoder = new ValueDecoder(bytes)
      while (decoder.hasMore)
        for (const inside of insides(decoder.next())) expect(isAllowed(inside)).toBe(true)
      decoder.finish()
    } catch (error) {
      if (!isForgeError(error, 'IPC_PROTOCOL')) throw error
      refused++
    }
  }
  expect(refused).toBeGreaterThan(1000)
})
