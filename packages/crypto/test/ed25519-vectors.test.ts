import { fromHex, toHex } from '@forgeone/common'
import { expect, test } from 'vitest'
import { ed25519Signer, verifyEd25519 } from '../src/index.ts'
import { sharedVectors } from './fixtures.ts'

interface Ed25519File {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string }
    /** Some editions of the file give it. */
    readonly privateKey?: { readonly sk: string }
    readonly tests: readonly {
      readonly tcId: number
      readonly msg: string
      readonly sig: string
      readonly result: 'valid' | 'invalid'
    }[]
  }[]
}

const file = sharedVectors<Ed25519File>('ed25519_test.json')
const cases = (file?.testGroups ?? []).flatMap(({ tests, publicKey, privateKey }) =>
  tests.map((one) => ({ ...one, pk: publicKey.pk, sk: privateKey?.sk })),
)

test.skipIf(file === undefined)('Ed25519 verifies what is valid and nothing else', () => {
  const differing = cases.filter(({ pk, msg, sig, result }) => {
    const [publicKey, message, signature] = [fromHex(pk)!, fromHex(msg)!, fromHex(sig)!]
    return verifyEd25519({ publicKey, message, signature }) !== (result === 'valid')
  })
  expect(new Set(cases.map(({ result }) => result))).toEqual(new Set(['valid', 'invalid']))
  expect(differing.map(({ tcId }) => tcId)).toEqual([])
})

const signed = cases.filter(({ sk, result }) => sk !== undefined && result === 'valid')
test.skipIf(signed.length === 0)('Ed25519 makes the valid signatures where the private key is given', () => {
  const differing = signed.filter(({ sk, msg, sig }) => {
    return toHex(ed25519Signer(fromHex(sk!)!).sign(fromHex(msg)!)) !== sig
  })
  expect(differing.map(({ tcId }) => tcId)).toEqual([])
})
