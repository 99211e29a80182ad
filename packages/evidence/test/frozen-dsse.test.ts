import { readFileSync } from 'node:fs'
import { ForgeError, fromHex, toHex, utf8Decode, utf8Encode } from '@forgeone/common'
import { ed25519Signer } from '@forgeone/crypto'
import { expect, test } from 'vitest'
import {
  keyIdOf,
  preAuthenticationEncoding,
  signDsse,
  verifyDsse,
  type DsseEnvelope,
} from '../src/signed/dsse.ts'

interface Vector {
  readonly seeds: readonly string[]
  readonly publicKeys: readonly string[]
  readonly payloadType: string
  readonly value: unknown
  /** The bytes that are signed. */
  readonly signed: string
  readonly envelope: DsseEnvelope
}

// Written by us and never edited, so its shape is known.
const VECTOR = JSON.parse(readFileSync(new URL('./vectors/v1/dsse.json', import.meta.url), 'utf8')) as Vector
const { payloadType, value, envelope } = VECTOR
const publicKeys = VECTOR.publicKeys.map((key) => fromHex(key)!)

// The example in protocol.md of github.com/secure-systems-lab/dsse.
test('what is signed is what the protocol says', () => {
  const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', utf8Encode('hello world'))
  expect(utf8Decode(encoded)).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  // Lengths are of bytes, not of characters.
  expect(utf8Decode(preAuthenticationEncoding('', utf8Encode('ß')))).toBe('DSSEv1 0  2 ß')
})

test('the same keys make the same envelope', () => {
  const signers = VECTOR.seeds.map((seed) => ed25519Signer(fromHex(seed)!))
  expect(signDsse({ payloadType, value }, signers)).toEqual(envelope)
  const payload = new Uint8Array(Buffer.from(envelope.payload, 'base64'))
  expect(toHex(preAuthenticationEncoding(payloadType, payload))).toBe(VECTOR.signed)
  expect(envelope.signatures.map(({ keyid }) => keyid)).toEqual(publicKeys.map(keyIdOf))
})

test('one trusted key is enough, a foreign one or another type is refused', () => {
  for (const publicKey of publicKeys)
    expect(verifyDsse(JSON.stringify(envelope), { payloadType, publicKeys: [publicKey] })).toEqual(value)
  const foreign = ed25519Signer(new Uint8Array(32).fill(9)).publicKey
  expect(codeOf(envelope, { payloadType, publicKeys: [foreign] })).toBe('BUNDLE_INVALID')
  expect(codeOf(envelope, { payloadType: 'text/plain', publicKeys })).toBe('BUNDLE_INVALID')
  const payload = Buffer.from('{}').toString('base64')
  expect(codeOf({ ...envelope, payload }, { payloadType, publicKeys })).toBe('BUNDLE_INVALID')
})

function codeOf(
  given: DsseEnvelope,
  trusted: { readonly payloadType: string; readonly publicKeys: readonly Uint8Array[] },
): string {
  try {
    verifyDsse(JSON.stringify(given), trusted)
    return 'nothing'
  } catch (error) {
    return error instanceof ForgeError ? error.code : `other: ${String(error)}`
  }
}
