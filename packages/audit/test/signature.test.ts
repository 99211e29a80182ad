import { readFileSync } from 'node:fs'
import { fromHex } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64, decodeBase64Url, encodeBase64 } from '../src/format/base64.ts'
import { bytesOfOctets, octetsOf, utf8Decode, utf8Encode } from '../src/format/bytes.ts'
import * as byNode from '../src/signature/node-signature.ts'
import * as byNoble from '../src/signature/noble-signature.ts'
import { isSignature } from '#signature'
import { signer } from './fixtures.ts'

interface Case {
  readonly id: number
  readonly publicKey: string
  readonly message: string
  readonly signature: string
  readonly result: 'valid' | 'invalid'
}

/** Of Project Wycheproof, a case a line; never edited, so the shape is known. */
const cases = JSON.parse(
  readFileSync(new URL('vectors/wycheproof-ed25519.json', import.meta.url), 'utf8'),
) as readonly Case[]

describe.each([
  ['of Node.js', byNode],
  ['in JavaScript', byNoble],
])('Ed25519 %s', (_, implementation) => {
  test('calls those signatures valid that the published vectors do', () => {
    const differing = cases.filter(({ publicKey, message, signature, result }) => {
      const [key, text, bytes] = [fromHex(publicKey)!, fromHex(message)!, fromHex(signature)!]
      const claim = { algorithm: 'ed25519', publicKey: key, message: text, signature: bytes } as const
      return implementation.isSignature(claim) !== (result === 'valid')
    })
    expect(cases).toHaveLength(151)
    expect(differing.map(({ id }) => id)).toEqual([])
  })

  test('answers no, and never throws, whatever the key and the signature are', () => {
    const some = fc.uint8Array({ maxLength: 80 })
    const key = fc.oneof(some, fc.uint8Array({ minLength: 32, maxLength: 32 }))
    const bytes = fc.oneof(some, fc.uint8Array({ minLength: 64, maxLength: 64 }))
    fc.assert(
      fc.property(key, some, bytes, (publicKey, message, signature) => {
        expect(implementation.isSignature({ algorithm: 'ed25519', publicKey, message, signature })).toBe(
          false,
        )
      }),
    )
  })
})

/** The points of small order: under them a signature would be made up easily. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map((hex) => fromHex(hex)!)

test('a key of small order verifies nothing in either implementation', () => {
  const signature = new Uint8Array(64)
  for (const publicKey of SMALL_ORDER)
    for (const point of SMALL_ORDER)
      for (let byte = 0; byte < 8; byte++) {
        signature.set(point)
        const claim = { algorithm: 'ed25519', publicKey, message: Uint8Array.of(byte), signature } as const
        expect([byNode.isSignature(claim), byNoble.isSignature(claim)]).toEqual([false, false])
      }
})

test('both implementations agree on what is signed and on what was changed of it', () => {
  const { publicKey } = signer()
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat({ max: 95 }), fc.nat({ max: 7 }), (message, at, bit) => {
      const signature = signer().sign(message)
      const claim = { algorithm: 'ed25519', publicKey, message, signature } as const
      const changed = Uint8Array.from([...signature, ...publicKey])
      changed[at]! ^= 1 << bit
      const wrong = { ...claim, signature: changed.slice(0, 64), publicKey: changed.slice(64) }
      for (const { isSignature: answer } of [byNode, byNoble])
        expect([answer(claim), answer(wrong)]).toEqual([true, false])
    }),
  )
})

test('each run of these tests has the implementation that its conditions name', ({ task }) => {
  expect(isSignature).toBe(task.file.projectName === 'browser' ? byNoble.isSignature : byNode.isSignature)
})

test('bytes and base64 without Buffer are those with it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), fc.string({ unit: 'binary' }), (bytes, text) => {
      const buffer = Buffer.from(bytes)
      expect(encodeBase64(bytes)).toBe(buffer.toString('base64'))
      expect(decodeBase64(buffer.toString('base64'))).toEqual(new Uint8Array(bytes))
      expect(decodeBase64Url(buffer.toString('base64url'))).toEqual(new Uint8Array(bytes))
      expect(octetsOf(bytes)).toBe(buffer.toString('latin1'))
      expect(bytesOfOctets(octetsOf(bytes))).toEqual(new Uint8Array(bytes))
      expect(utf8Decode(bytes)).toBe(buffer.toString('utf8'))
      expect(utf8Encode(text)).toEqual(new Uint8Array(Buffer.from(text)))
    }),
  )
  for (const odd of ['AA', 'AA=', 'AB==', 'AAB=', 'A A=', '=AAA', 'AA==AA==', '-_==', '\u0100AAA', 'AAAA\n'])
    expect(decodeBase64(odd), odd).toBeUndefined()
  for (const odd of ['A', 'AB', 'AA==', '+/', 'AA AA']) expect(decodeBase64Url(odd), odd).toBeUndefined()
})
