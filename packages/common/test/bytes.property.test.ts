import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asBuffer,
  ByteReader,
  ByteWriter,
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  toHex,
  utf8Decode,
  utf8Encode,
} from '../src/index.ts'

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u48' | 'u64' | 'varint' | 'zigzag'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'prefixed'; readonly value: Uint8Array }

const number = (kind: 'u8' | 'u16' | 'u32' | 'u48' | 'u64' | 'varint', max: number): fc.Arbitrary<Field> =>
  fc.record({
    kind: fc.constant(kind),
    value: fc.oneof(
      fc.integer({ min: 0, max }),
      fc.constantFrom(0, max, Math.min(max, 127), Math.min(max, 128)),
    ),
  })
const field: fc.Arbitrary<Field> = fc.oneof(
  number('u8', 0xff),
  number('u16', 0xffff),
  number('u32', 0xffff_ffff),
  number('u48', 2 ** 48 - 1),
  number('u64', Number.MAX_SAFE_INTEGER),
  number('varint', Number.MAX_SAFE_INTEGER),
  fc.record({
    kind: fc.constant('zigzag' as const),
    value: fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
  }),
  fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('prefixed' as const), value: fc.uint8Array() }),
)
const what = { code: 'STORE_DAMAGED', what: 'a record' } as const

function write(fields: readonly Field[], initialBytes: number): Uint8Array {
  const out = new ByteWriter(initialBytes)
  for (const one of fields) {
    if (one.kind === 'text') out.text(one.value)
    else if (one.kind === 'prefixed') out.prefixed(one.value)
    else out[one.kind](one.value)
  }
  return out.finish()
}

function read(fields: readonly Field[], bytes: Uint8Array): void {
  const from = new ByteReader(bytes, what)
  for (const { kind, value } of fields) {
    const found = from[kind]()
    expect(found instanceof Uint8Array ? [...found] : found).toEqual(
      value instanceof Uint8Array ? [...value] : value,
    )
  }
  from.end()
}

describe('a binary record', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(field), fc.nat(64), (fields, initial) => read(fields, write(fields, initial))),
      { numRuns: 1_000 },
    )
  })

  test('that is cut or goes on raises the code of its reader', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), fc.nat(), (fields, at) => {
        const bytes = write(fields, 16)
        const refused = expect.objectContaining({ code: 'STORE_DAMAGED' })
        expect(() => read(fields, bytes.slice(0, at % bytes.length))).toThrow(refused as Error)
        expect(() => read(fields, concatBytes([bytes, Uint8Array.of(0)]))).toThrow(refused as Error)
      }),
    )
  })

  test('refuses numbers above 2^53 in both widths', () => {
    for (const bytes of [
      new Uint8Array(8).fill(0xff),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
    ]) {
      expect(() => new ByteReader(bytes, what).u64()).toThrow('above 2^53')
      expect(() => new ByteReader(bytes, what).varint()).toThrow('too long')
    }
    expect(() => new ByteWriter().u64(2 ** 53)).toThrow('safe unsigned integer')
    expect(() => new ByteWriter().u64(-1)).toThrow('safe unsigned integer')
  })

  test('is big-endian, and its lengths can be set afterwards', () => {
    const out = new ByteWriter(16).u32(0).u16(0x0102).u48(0x0304_0506_0708).utf8('é').patchU32(0, 8)
    expect(toHex(out.finish())).toBe('000000080102030405060708c3a9')
    expect(() => out.patchU32(11, 0)).toThrow('patch')
    expect(out.reset().length).toBe(0)
  })

  test('is a copy that later writes do not touch', () => {
    const out = new ByteWriter().u8(1)
    const first = out.finish()
    out.reset().u8(2)
    expect([...first]).toEqual([1])
    expect(first.constructor).toBe(Uint8Array)
  })
})

describe('bytes', () => {
  test('turn into text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => void expect([...fromHex(toHex(bytes))!]).toEqual([...bytes])),
    )
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        (text) => void expect(utf8Decode(utf8Encode(text))).toBe(text),
      ),
    )
    expect(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0xff))).toBe('\ufeff\ufffd')
    for (const text of ['0', 'xx', '0g', ' 00']) expect(fromHex(text)).toBeUndefined()
  })

  test('are ordered as unsigned bytes, and equal when they are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (left, right) => {
        const order = Math.sign(toHex(left) < toHex(right) ? -1 : toHex(left) > toHex(right) ? 1 : 0)
        expect(Math.sign(compareBytes(left, right))).toBe(order)
        expect(equalBytes(left, right)).toBe(order === 0)
        expect([...concatBytes([left, right])]).toEqual([...left, ...right])
      }),
    )
  })

  test('are viewed as a buffer without a copy', () => {
    const bytes = new Uint8Array(8).subarray(2, 5)
    asBuffer(bytes)[0] = 7
    expect([...bytes]).toEqual([7, 0, 0])
  })
})
