import { describe, expect, test } from 'vitest'
import { readSealedHeader, SEAL_BYTES_MAX, SUITE_NAMES, type Sealer } from '../src/index.ts'
import { AssociatedData } from '../src/sealing/associated-data.ts'
import { bytes, codeOf, create, MemoryKeyringFile, reopen } from './fixtures.ts'

const KEY = bytes('orders/1')
const VALUE = Uint8Array.from({ length: 32 }, (_, index) => index)

describe.each(SUITE_NAMES)('a value sealed with %s', (suite) => {
  test('opens at its place, after reopening too', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file, suite })
    const sealed = keyring.sealer('a', bytes('k')).seal(KEY, VALUE)
    await keyring.flush()
    const again = await reopen({ file })
    expect(again.suite).toBe(suite)
    expect(again.sealer('a', bytes('k')).open(KEY, sealed)).toEqual(VALUE)
  })

  test('may be empty', async () => {
    const sealer = (await create({ suite })).sealer('a', bytes('k'))
    expect(sealer.open(KEY, sealer.seal(KEY, new Uint8Array(0)))).toEqual(new Uint8Array(0))
  })

  test('does not open under another key, keyspace, scope or store', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file, suite, scopes: ['a', 'b'] })
    const sealer = keyring.sealer('a', bytes('k'))
    const sealed = sealer.seal(KEY, VALUE)
    const foreign = await create({ suite, storeId: new Uint8Array(16) })
    expect(codeOf(() => sealer.open(bytes('orders/2'), sealed))).toBe('CRYPTO_OPEN_FAILED')
    expect(codeOf(() => keyring.sealer('a', bytes('l')).open(KEY, sealed))).toBe('CRYPTO_OPEN_FAILED')
    expect(codeOf(() => keyring.sealer('b', bytes('k')).open(KEY, sealed))).toBe('CRYPTO_OPEN_FAILED')
    expect(codeOf(() => foreign.sealer('a', bytes('k')).open(KEY, sealed))).toBe('CRYPTO_KEY_UNKNOWN')
  })

  test('does not open with any bit flipped', async () => {
    const sealer = (await create({ suite })).sealer('a', bytes('k'))
    const sealed = sealer.seal(KEY, VALUE)
    const codes = new Set<string>()
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Uint8Array.from(sealed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      codes.add(codeOf(() => sealer.open(KEY, flipped)))
    }
    expect([...codes].sort()).toEqual([
      'CRYPTO_FORMAT',
      'CRYPTO_KEY_UNKNOWN',
      'CRYPTO_OPEN_FAILED',
      'CRYPTO_SUITE_REFUSED',
    ])
  })

  test('cut at any length is malformed or not authentic, so short tags are refused', async () => {
    const sealer = (await create({ suite })).sealer('a', bytes('k'))
    const sealed = sealer.seal(KEY, VALUE)
    const expected = ['CRYPTO_FORMAT', 'CRYPTO_OPEN_FAILED']
    for (let length = 0; length < sealed.length; length++) {
      expect(expected).toContain(codeOf(() => sealer.open(KEY, sealed.subarray(0, length))))
    }
  })

  test('with a shorter or longer nonce does not open', async () => {
    const sealer = (await create({ suite })).sealer('a', bytes('k'))
    const sealed = [...sealer.seal(KEY, VALUE)]
    expect(codeOf(() => sealer.open(KEY, Uint8Array.from(sealed.toSpliced(6, 4))))).toBe('CRYPTO_OPEN_FAILED')
    expect(codeOf(() => sealer.open(KEY, Uint8Array.from(sealed.toSpliced(6, 0, 0, 0))))).toBe(
      'CRYPTO_OPEN_FAILED',
    )
  })

  test('has memory of its own, sealed and opened', async () => {
    const sealer = (await create({ suite })).sealer('a', bytes('k'))
    const sealed = sealer.seal(KEY, VALUE)
    const opened = sealer.open(KEY, sealed)
    for (const result of [sealed, opened]) {
      expect(result.buffer.byteLength).toBe(result.length)
      expect(Buffer.isBuffer(result)).toBe(false)
    }
    sealed.fill(0)
    expect(opened).toEqual(VALUE)
  })
})

test('two sealers of one scope do not disturb each other', async () => {
  const keyring = await create()
  const sealers: Sealer[] = ['k', 'kk'].map((keyspace) => keyring.sealer('a', bytes(keyspace)))
  const sealed = sealers.map((sealer, index) => sealer.seal(bytes('x'.repeat(index * 400)), VALUE))
  expect(sealers[0]!.open(new Uint8Array(0), sealed[0]!)).toEqual(VALUE)
  expect(sealers[1]!.open(bytes('x'.repeat(400)), sealed[1]!)).toEqual(VALUE)
  expect(sealers[0]!.open(new Uint8Array(0), sealed[0]!)).toEqual(VALUE)
})

test('parts that concatenate alike give different associated data', () => {
  const header = new Uint8Array(6)
  const left = Uint8Array.from(new AssociatedData([bytes('a')]).with(header, bytes('bc')))
  const right = Uint8Array.from(new AssociatedData([bytes('ab')]).with(header, bytes('c')))
  expect(left.length).toBe(right.length)
  expect(left).not.toEqual(right)
})

test('limits: value and place', async () => {
  const keyring = await create({ suite: 'none' })
  const sealer = keyring.sealer('a', bytes('k'))
  const overLimit = new Uint8Array(SEAL_BYTES_MAX + 1)
  expect(codeOf(() => sealer.seal(KEY, overLimit))).toBe('CRYPTO_VALUE_TOO_LARGE')
  expect(codeOf(() => sealer.seal(new Uint8Array(4096), VALUE))).toBe('CRYPTO_VALUE_TOO_LARGE')
  expect(codeOf(() => keyring.sealer('a', new Uint8Array(4096)))).toBe('CRYPTO_VALUE_TOO_LARGE')
})

test('the header can be read without a key', async () => {
  const keyring = await create()
  const sealed = keyring.sealer('a', bytes('k')).seal(KEY, VALUE)
  const { id: keyId } = keyring.list().find((key) => key.scope === 'a')!
  expect(readSealedHeader(sealed)).toEqual({ version: 1, suite: 1, keyId })
  expect(codeOf(() => readSealedHeader(sealed.subarray(0, 5)))).toBe('CRYPTO_FORMAT')
  expect(codeOf(() => readSealedHeader(Uint8Array.of(2, 3, 0, 0, 0, 0)))).toBe('CRYPTO_FORMAT')
})

test('errors name the scope but neither key nor content', async () => {
  const sealer = (await create()).sealer('a', bytes('k'))
  const sealed = sealer.seal(bytes('SECRET-KEY'), bytes('SECRET-VALUE'))
  try {
    sealer.open(bytes('SECRET-PLACE'), sealed)
    expect.unreachable()
  } catch (error) {
    const text = `${String(error)} ${JSON.stringify(error)}`
    expect(text).toContain(' a ')
    expect(text).not.toContain('SECRET')
  }
})
