import { ByteWriter, fromHex, toHex } from '@forgeone/common'
import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { blake3 } from '@noble/hashes/blake3.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openProvider, passphraseProvider, rawKeyProvider, type KeyProvider } from '../src/index.ts'
import type { KeyringDocument } from '../src/keyring/keyring-document.ts'
import { bytes, CHEAP_KDF, MemoryKeyringFile, reopen } from './fixtures.ts'

interface Vector {
  readonly secret: { readonly rawKey: string } | { readonly passphrase: string } | 'open'
  readonly storeId: string
  readonly keyring: string
  readonly sealed: readonly {
    readonly scope: string
    readonly keyspace: string
    readonly key: string
    readonly value: string
    readonly sealed: string
  }[]
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
    () => {
      const reader = new SlowReader(vector)
      expect(reader.mac()).toBe(reader.storedMac)
      for (const one of vector.sealed) expect(reader.open(one)).toBe(one.value)
      expect(reader.keyedHash(vector.keyedHash)).toBe(vector.keyedHash.hash)
    },
  )
})

/** A second implementation of the format over other libraries; shares no code with ours but the byte writer. */
class SlowReader {
  readonly #document: KeyringDocument
  readonly #storeId: Uint8Array
  readonly #root: Uint8Array
  readonly storedMac: string

  constructor(vector: Vector) {
    // As above: written by us.
    const { mac, ...document } = JSON.parse(vector.keyring) as KeyringDocument & { mac: string }
    this.#document = document
    this.storedMac = mac
    this.#storeId = fromHex(vector.storeId)!
    const slot = document.slots[0]!
    const { secret } = vector
    const slotKey =
      typeof secret === 'object' && 'rawKey' in secret
        ? fromHex(secret.rawKey)!
        : b64(slot.kdf.split('$')[2]!)
    expect(commitment(slotKey, 1, slot.id, 1)).toBe(slot.commit)
    this.#root = this.#unwrap(this.#derive(slotKey, 'slot'), 'slot', slot.id, slot.wrapped)
    expect(commitment(this.#root, 2, document.master.id, 1)).toBe(document.master.commit)
  }

  mac(): string {
    const mac = hmac(sha256, this.#derive(this.#root, 'keyring-mac'), bytes(sortedJson(this.#document)))
    return Buffer.from(mac).toString('base64')
  }

  keyedHash({ purpose, value }: Vector['keyedHash']): string {
    return toHex(hmac(sha256, this.#derive(this.#dataKey('index'), purpose), fromHex(value)!))
  }

  open(one: Vector['sealed'][number]): string {
    const sealed = fromHex(one.sealed)!
    const parts = [this.#storeId, bytes(one.scope), fromHex(one.keyspace)!, fromHex(one.key)!]
    const aad = associatedData(sealed, parts)
    const key = this.#derive(this.#dataKey(one.scope), one.scope === 'journal' ? 'journal' : 'seal')
    switch (sealed[1]) {
      case 0: {
        const value = sealed.subarray(6, -32)
        const tag = blake3(new ByteWriter().prefixed(aad).bytes(value).finish(), { key })
        return toHex(tag) === toHex(sealed.subarray(-32)) ? toHex(value) : 'not authentic'
      }
      case 1:
        return toHex(gcm(key, sealed.subarray(6, 18), aad).decrypt(sealed.subarray(18)))
      case 2:
        return toHex(chacha20poly1305(key, sealed.subarray(6, 18), aad).decrypt(sealed.subarray(18)))
      default:
        return toHex(xchacha20poly1305(key, sealed.subarray(6, 30), aad).decrypt(sealed.subarray(30)))
    }
  }

  #dataKey(scope: string): Uint8Array {
    const record = this.#document.keys.find((key) => key.scope === scope)!
    const key = this.#unwrap(this.#derive(this.#root, 'wrap'), 'data', record.id, record.wrapped)
    expect(commitment(key, 3, record.id, record.suite)).toBe(record.commit)
    return key
  }

  #unwrap(key: Uint8Array, kind: string, id: number, wrapped: string): Uint8Array {
    const sealed = b64(wrapped)
    const parts = [this.#storeId, bytes('keyring'), bytes(kind), new ByteWriter().u32(id).finish()]
    return gcm(key, sealed.subarray(6, 18), associatedData(sealed, parts)).decrypt(sealed.subarray(18))
  }

  #derive(key: Uint8Array, purpose: string): Uint8Array {
    return hkdf(sha256, key, this.#storeId, bytes(`forge/v1/${purpose}`), 32)
  }
}

function associatedData(sealed: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const aad = new ByteWriter().bytes(sealed.subarray(0, 6)).u8(parts.length)
  for (const part of parts) aad.prefixed(part)
  return aad.finish()
}

function commitment(key: Uint8Array, kind: number, id: number, suite: number): string {
  const info = new ByteWriter().bytes(bytes('forge/v1/commit')).u8(kind).u32(id).u8(suite).finish()
  return Buffer.from(hkdf(sha256, key, new Uint8Array(0), info, 32)).toString('base64')
}

function b64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  )
}
