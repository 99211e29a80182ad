import { compareBytes, fromHex, toHex } from '@forgeone/common'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rawKeyProvider, type ShredStore } from '../src/index.ts'
import { bytes, MemoryKeyringFile, reopen } from './fixtures.ts'
import { SlowReader, type SlowVector } from './slow-reader.ts'

interface Vector extends SlowVector {
  readonly secret: { readonly rawKey: string }
  readonly shredRows: Readonly<Record<string, string>>
  readonly generation: number
  readonly shredValues: readonly {
    readonly place: readonly string[]
    readonly value: string
    readonly sealed: string
  }[]
}

const NAME = './vectors/v1/keyring-with-shred-ledger.json'
// Written by us and never edited, so its shape is known.
const VECTOR = JSON.parse(readFileSync(new URL(NAME, import.meta.url), 'utf8')) as Vector
const LEDGER = '73'

/** The rows of the vector; nothing may be written. */
const store: ShredStore = {
  get: async (key) => {
    const row = VECTOR.shredRows[toHex(key)]
    return row === undefined ? undefined : fromHex(row)!
  },
  scan: async function* ({ from, to }) {
    const rows = Object.entries(VECTOR.shredRows).map(([key, value]) => ({
      key: fromHex(key)!,
      value: fromHex(value)!,
    }))
    yield rows.filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0)
  },
  write: () => Promise.reject(new Error('a frozen store is not written')),
  purge: () => Promise.reject(new Error('a frozen store is not written')),
}

test('rows with a ledger are trusted today as on the day they were written', async () => {
  const file = new MemoryKeyringFile()
  file.primary = file.copy = bytes(VECTOR.keyring)
  const provider = rawKeyProvider(fromHex(VECTOR.secret.rawKey)!)
  const keyring = await reopen({ file, provider, storeId: fromHex(VECTOR.storeId)! })
  const keys = await keyring.openShredKeys(store)
  expect([keys.fault, keys.generation, await keys.check()]).toEqual([undefined, VECTOR.generation, undefined])
  expect(await keys.ofOwner('subject ann')).toHaveLength(1)
  expect(await keys.ofOwner('subject bob')).toEqual([])
  const [kept] = VECTOR.shredValues
  const place = kept!.place.map((part) => fromHex(part)!)
  expect(toHex(await keys.open({ place, sealed: fromHex(kept!.sealed)! }))).toBe(kept!.value)
})

function prefixed(value: string): string {
  return (value.length / 2).toString(16).padStart(8, '0') + value
}

test('the ledger is what a reader written from the format description alone computes', () => {
  const reader = new SlowReader(VECTOR)
  const hash = (value: string): string => reader.keyedHash({ purpose: 'shred-row', value })
  const rows = Object.entries(VECTOR.shredRows).filter(([key]) => key !== LEDGER)
  let sum = 0n
  for (const [key, value] of rows)
    sum += BigInt(`0x${hash(`01${prefixed(key)}${prefixed(key.startsWith('6b') ? '' : value)}`)}`)
  const body = [
    '01',
    VECTOR.generation.toString(16).padStart(16, '0'),
    rows.length.toString(16).padStart(16, '0'),
    (sum % (1n << 256n)).toString(16).padStart(64, '0'),
  ].join('')
  expect(VECTOR.shredRows[LEDGER]).toBe(body + hash(`00${body}`))
})
