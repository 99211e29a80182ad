import { fromHex, toHex } from '@forgeone/common'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openProvider, passphraseProvider, rawKeyProvider, type KeyProvider } from '../src/index.ts'
import { bytes, CHEAP_KDF, MemoryKeyringFile, reopen } from './fixtures.ts'
import { SlowReader, type SlowVector } from './slow-reader.ts'

interface Vector extends SlowVector {
  readonly keyedHash: { readonly purpose: 'blind'; readonly value: string; readonly hash: string }
  readonly fileMac: { readonly label: string; readonly value: string; readonly mac: string }
}

const FOLDER = new URL('./vectors/v1/', import.meta.url)
const VECTORS = readdirSync(FOLDER).map((name): [string, Vector] => [
  name,
  // Written by us and never edited, so its shape is known.
  JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Vector,
])

function providerOf({ secret }: Vector): KeyProvider {
  if (secret === 'open') return openProvider()
  if ('rawKey' in secret) return rawKeyProvider(fromHex(secret.rawKey)!)
  return passphraseProvider(secret.passphrase, { kdf: CHEAP_KDF })
}

test('there is a vector for each suite and one for a passphrase', () => {
  expect(VECTORS.length).toBeGreaterThanOrEqual(5)
})

describe.each(VECTORS)('%s', (_name, vector) => {
  test('opens today as on the day it was written', async () => {
    const file = new MemoryKeyringFile()
    file.primary = file.copy = bytes(vector.keyring)
    const keyring = await reopen({ file, provider: providerOf(vector), storeId: fromHex(vector.storeId)! })
    expect([keyring.damagedCopies, file.writes]).toEqual([[], 0])
    for (const { scope, keyspace, key, value, sealed } of vector.sealed) {
      const opened = keyring.sealer(scope, fromHex(keyspace)!).open(fromHex(key)!, fromHex(sealed)!)
      expect(toHex(opened)).toBe(value)
    }
    const { keyedHash, fileMac } = vector
    expect(toHex(keyring.keyedHash(keyedHash.purpose, fromHex(keyedHash.value)!))).toBe(keyedHash.hash)
    expect(toHex(keyring.fileMac(fileMac.label, fromHex(fileMac.value)!))).toBe(fileMac.mac)
  })

  test.skipIf(typeof vector.secret === 'object' && 'passphrase' in vector.secret)(
    'opens with a reader written from the format description alone',
    async () => {
      const reader = new SlowReader(vector)
      expect(reader.mac()).toBe(reader.storedMac)
      for (const one of vector.sealed) expect(reader.open(one)).toBe(one.value)
      expect(reader.keyedHash(vector.keyedHash)).toBe(vector.keyedHash.hash)
      const file = new MemoryKeyringFile()
      file.primary = file.copy = bytes(vector.keyring)
      const keyring = await reopen({ file, provider: providerOf(vector), storeId: fromHex(vector.storeId)! })
      const subkey = { purpose: 'chunk-id', label: 'contents' } as const
      expect(toHex(keyring.subkey(subkey.purpose, subkey.label))).toBe(reader.subkey(subkey))
    },
  )
})
