// What came after the first keyrings: shred keys, slots of commands and shares, lasting MACs, blind indexes, signatures.

import { compareBytes, fromHex, toHex } from '@forgeone/common'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BlindIndexDefinition, Keyring, KeyProvider, ShredStore } from '../src/index.ts'
import {
  blindIndex,
  commandProvider,
  ed25519Signer,
  rawKeyProvider,
  sharesProvider,
  verifyEd25519,
} from '../src/index.ts'
import { bytes, codeOfAsync, MemoryKeyringFile, reopen } from './fixtures.ts'
import { SlowReader, type SlowVector } from './slow-reader.ts'

interface Vector extends SlowVector {
  readonly secret: { readonly rawKey: string }
  readonly lastingMac: { readonly label: string; readonly value: string; readonly mac: string }
  readonly blindIndexes: readonly {
    readonly definition: BlindIndexDefinition
    readonly value: string | number
    readonly index: string
  }[]
  readonly signature: { readonly message: string; readonly publicKey: string; readonly signature: string }
  readonly slots: {
    readonly command: { readonly id: number }
    readonly shares: { readonly id: number; readonly key: string; readonly shares: readonly string[] }
  }
  readonly shredRows: Readonly<Record<string, string>>
  /** The first one can be read, the second one was erased. */
  readonly shredValues: readonly {
    readonly ref: string
    readonly place: readonly string[]
    readonly value: string
    readonly sealed: string
  }[]
  readonly erasure: { readonly id: string; readonly bucketKeysDestroyed: readonly number[] }
}

const NAME = './vectors/v1/keyring-with-shred-keys.json'
// Written by us and never edited, so its shape is known.
const VECTOR = JSON.parse(readFileSync(new URL(NAME, import.meta.url), 'utf8')) as Vector
const RAW: KeyProvider = rawKeyProvider(fromHex(VECTOR.secret.rawKey)!)
const reader = new SlowReader(VECTOR)

function open(provider: KeyProvider): Promise<Keyring> {
  const file = new MemoryKeyringFile()
  file.primary = file.copy = bytes(VECTOR.keyring)
  return reopen({ file, provider, storeId: fromHex(VECTOR.storeId)! })
}

/** The rows of the vector; nothing may be written. */
const store: ShredStore = {
  get: async (key) => hexRow(VECTOR.shredRows[toHex(key)]),
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

function hexRow(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : fromHex(text)!
}

let keyring: Keyring
beforeAll(async () => {
  keyring = await open(RAW)
})

describe('shred keys', () => {
  const [kept, erased] = VECTOR.shredValues
  const place = kept!.place.map((part) => fromHex(part)!)

  test('open a value of version 2, and an erased one is gone', async () => {
    const keys = await keyring.openShredKeys(store)
    expect(keys.refOf(fromHex(kept!.sealed)!)).toBe(kept!.ref)
    expect(toHex(await keys.open({ place, sealed: fromHex(kept!.sealed)! }))).toBe(kept!.value)
    expect(await codeOfAsync(() => keys.open({ place, sealed: fromHex(erased!.sealed)! }))).toBe(
      'SHRED_KEYS_TAMPERED',
    )
    // Written before there was a ledger: what is there opens, and nothing is concluded from what is absent.
    expect(await codeOfAsync(() => keys.ofOwner('subject ann'))).toBe('SHRED_KEYS_TAMPERED')
    expect(await Array.fromAsync(keys.erasures())).toMatchObject([VECTOR.erasure])
  })

  test('open with a reader written from the format description alone', () => {
    const ref = fromHex(kept!.ref)!
    const key = reader.shredKey(ref, fromHex(VECTOR.shredRows[`6b${kept!.ref}`]!)!)
    expect(reader.openShredValue(key, place, fromHex(kept!.sealed)!)).toBe(kept!.value)
    expect(VECTOR.shredRows[`6b${erased!.ref}`]).toBeUndefined()
    const owner = reader.keyedHash({ purpose: 'blind', value: toHex(bytes('shred owner subject ann')) })
    expect(VECTOR.shredRows[`6f${owner.slice(0, 32)}${kept!.ref}`]).toBe('')
  })
})

describe('slots', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'forge-frozen-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('a command that turns every bit over opens its slot', async () => {
    const script = join(folder, 'turn-over.mjs')
    writeFileSync(
      script,
      `const parts = []
      for await (const part of process.stdin) parts.push(part)
      process.stdout.write(Buffer.concat(parts).map((byte) => byte ^ 0xff))`,
    )
    const opened = await open(commandProvider({ command: [process.execPath, script] }))
    expect(opened.openedSlot).toBe(VECTOR.slots.command.id)
  })

  test('any three of the five shares open theirs', async () => {
    const { id, shares } = VECTOR.slots.shares
    for (const chosen of [shares.slice(0, 3), shares.slice(2), [shares[4]!, shares[0]!, shares[2]!]])
      expect((await open(sharesProvider(chosen))).openedSlot).toBe(id)
  })

  test('the shares meet in the slot key as polynomials over GF(256) do', () => {
    const { id, key, shares } = VECTOR.slots.shares
    const points = shares.slice(1, 4).map((share) => Buffer.from(share.split('.')[3]!, 'base64'))
    expect(toHex(atZero(points))).toBe(key)
    expect(toHex(reader.masterOf(fromHex(key)!, id))).toBe(
      toHex(reader.masterOf(fromHex(VECTOR.secret.rawKey)!, 1)),
    )
  })
})

test('a lasting MAC is what it was', () => {
  const { label, value, mac } = VECTOR.lastingMac
  expect(toHex(keyring.lastingMac(label, fromHex(value)!))).toBe(mac)
  expect(reader.lastingMac(VECTOR.lastingMac)).toBe(mac)
})

test.each(VECTOR.blindIndexes)('the blind index of $definition.field is what it was', (one) => {
  const { definition, value, index } = one
  expect(toHex(blindIndex(keyring, definition, value))).toBe(index)
  const text = String(value).normalize('NFC')
  const normal = definition.normalisation === 'nfc-lower-trim' ? text.toLowerCase().trim() : text
  const tagged = { tag: typeof value === 'string' ? 1 : 2, bytes: bytes(normal) }
  expect(reader.blindIndex({ ...definition, value: tagged })).toBe(index)
})

test('the signing key of the keyring makes the same signature', () => {
  const [message, publicKey, signature] = [
    VECTOR.signature.message,
    VECTOR.signature.publicKey,
    VECTOR.signature.signature,
  ].map((text) => fromHex(text)!)
  const [signer] = keyring.signers()
  expect(toHex(signer!.publicKey)).toBe(VECTOR.signature.publicKey)
  expect(toHex(signer!.sign(message!))).toBe(VECTOR.signature.signature)
  expect(verifyEd25519({ publicKey: publicKey!, message: message!, signature: signature! })).toBe(true)
})

// RFC 8032 7.1, TEST 2.
test('a signature of RFC 8032 is made and verified', () => {
  const signer = ed25519Signer(fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')!)
  const signature =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  expect(toHex(signer.publicKey)).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  expect(toHex(signer.sign(Uint8Array.of(0x72)))).toBe(signature)
  const { publicKey } = signer
  expect(verifyEd25519({ publicKey, message: Uint8Array.of(0x72), signature: fromHex(signature)! })).toBe(
    true,
  )
  expect(verifyEd25519({ publicKey, message: Uint8Array.of(0x73), signature: fromHex(signature)! })).toBe(
    false,
  )
})

/** Lagrange at x = 0; a share is its y values and, last, its x. */
function atZero(points: readonly Uint8Array[]): Uint8Array {
  const xs = points.map((point) => point.at(-1)!)
  return Uint8Array.from({ length: 32 }, (_, at) =>
    points.reduce((sum, point, i) => {
      const weight = xs.reduce(
        (product, x, j) => (j === i ? product : multiply(product, multiply(x, inverse(x ^ xs[i]!)))),
        1,
      )
      return sum ^ multiply(point[at]!, weight)
    }, 0),
  )
}

/** GF(256) with the polynomial of AES, 0x11b. */
function multiply(left: number, right: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0)
    if ((right >> bit) & 1) product ^= left
  }
  return product
}

function inverse(value: number): number {
  for (let other = 1; other < 256; other++) if (multiply(value, other) === 1) return other
  throw new Error('zero has no inverse')
}
