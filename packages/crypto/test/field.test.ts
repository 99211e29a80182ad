import { assert, property, string, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  adviseBlindIndex,
  blindIndex,
  blindIndexBits,
  FieldSealer,
  type BlindIndexDefinition,
} from '../src/index.ts'
import { bytes, codeOf, create } from './fixtures.ts'

describe('a sealed field', () => {
  test('opens in its row and field only, whatever bytes these have', async () => {
    const sealer = (await create()).sealer('a', bytes('fields'))
    const field = new FieldSealer({ sealer, padding: 64 })
    assert(
      property(
        uint8Array({ maxLength: 40 }),
        string({ maxLength: 20 }),
        uint8Array({ maxLength: 200 }),
        (rowKey, path, value) => {
          const sealed = field.seal({ rowKey, path }, value)
          expect(field.open({ rowKey, path }, sealed)).toEqual(value)
          expect(codeOf(() => field.open({ rowKey, path: `${path}x` }, sealed))).toBe('CRYPTO_OPEN_FAILED')
          expect((sealed.length - 34) % 64).toBe(0)
        },
      ),
    )
    // The parts are told apart: ("a", "bc") is not ("ab", "c").
    const sealed = field.seal({ rowKey: bytes('a'), path: 'bc' }, bytes('v'))
    expect(codeOf(() => field.open({ rowKey: bytes('ab'), path: 'c' }, sealed))).toBe('CRYPTO_OPEN_FAILED')
  })
})

describe('a blind index', () => {
  const definition: BlindIndexDefinition = {
    field: 'customers.email',
    version: 1,
    normalisation: 'nfc-lower-trim',
    bits: 12,
  }

  test('is equal for equal values and differs by field, version and type', async () => {
    const keyring = await create()
    const index = blindIndex(keyring, definition, ' Ada@Example.org ')
    expect(blindIndex(keyring, definition, 'ada@example.org')).toEqual(index)
    expect(index).toHaveLength(2)
    expect(index[1]! & 0x0f).toBe(0)
    const wide = { ...definition, bits: 32 }
    const values = [
      blindIndex(keyring, wide, '1'),
      blindIndex(keyring, wide, 1),
      blindIndex(keyring, wide, 1n),
      blindIndex(keyring, { ...wide, version: 2 }, '1'),
      blindIndex(keyring, { ...wide, field: 'customers.name' }, '1'),
      blindIndex(await create(), wide, '1'),
    ].map((value) => value.join())
    expect(new Set(values).size).toBe(values.length)
  })

  test('has bits for its number of rows, is refused for few values, and says when it no longer fits', () => {
    expect([10, 1000, 1_000_000, 1e15].map((rows) => blindIndexBits({ rows }))).toEqual([4, 7, 17, 32])
    expect(codeOf(() => blindIndexBits({ rows: 1000, distinctValues: 2 }))).toBe('FIELD_LOW_CARDINALITY')
    expect(adviseBlindIndex({ rows: 1000, bits: 7 }).warning).toBeUndefined()
    expect(adviseBlindIndex({ rows: 1_000_000, bits: 7 }).warning).toBe('BLIND_INDEX_NARROW')
    expect(adviseBlindIndex({ rows: 100, bits: 7 }).warning).toBe('BLIND_INDEX_WIDE')
  })
})
