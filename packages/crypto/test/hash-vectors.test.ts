import { fromHex, toHex } from '@forgeone/common'
import { blake3 as blake3Twin } from '@noble/hashes/blake3.js'
import { sha256 as sha256Twin } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { hkdfSha256 } from '../src/hash/hkdf.ts'
import { createBlake3, createKeyedBlake3, sha256 } from '../src/index.ts'
import { bytes, RAW_KEY, sharedVectors } from './fixtures.ts'

interface HkdfFile {
  readonly testGroups: readonly { readonly tests: readonly HkdfCase[] }[]
}
interface HkdfCase {
  readonly tcId: number
  readonly ikm: string
  readonly salt: string
  readonly info: string
  readonly size: number
  readonly okm: string
  readonly result: 'valid' | 'invalid'
}
interface Blake3File {
  readonly key: string
  readonly cases: readonly {
    readonly input_len: number
    readonly hash: string
    readonly keyed_hash: string
  }[]
}

const hkdf = sharedVectors<HkdfFile>('hkdf_sha256_test.json')
const blake3 = sharedVectors<Blake3File>('blake3_test_vectors.json')

function derive(one: HkdfCase): string {
  const [key, salt, info] = [fromHex(one.ikm)!, fromHex(one.salt)!, fromHex(one.info)!]
  try {
    return toHex(hkdfSha256({ key, salt, info, length: one.size }))
  } catch {
    return 'refused'
  }
}

test.skipIf(hkdf === undefined)('HKDF-SHA256 agrees with the published vectors', () => {
  const cases = hkdf!.testGroups.flatMap((group) => group.tests)
  const differing = cases.filter((one) => derive(one) !== (one.result === 'valid' ? one.okm : 'refused'))
  expect(cases.length).toBeGreaterThan(50)
  expect(differing.map((one) => one.tcId)).toEqual([])
})

test.skipIf(blake3 === undefined)('BLAKE3, plain and keyed, agrees with the published vectors', async () => {
  const plain = await createBlake3()
  const keyed = await createKeyedBlake3(bytes(blake3!.key))
  for (const one of blake3!.cases) {
    const input = Uint8Array.from({ length: one.input_len }, (_, index) => index % 251)
    expect(toHex(plain.digest(input))).toBe(one.hash.slice(0, 64))
    expect(toHex(keyed.digest(input))).toBe(one.keyed_hash.slice(0, 64))
  }
})

test('hashes of parts equal those of the whole and of the slow twin', async () => {
  const keyed = await createKeyedBlake3(RAW_KEY)
  for (const length of [0, 1, 63, 64, 65, 1024, 1025, 5000]) {
    const whole = Uint8Array.from({ length }, (_, index) => (index * 7) % 256)
    const parts = [whole.subarray(0, length >> 1), whole.subarray(length >> 1)]
    expect(sha256(...parts)).toEqual(sha256(whole))
    expect(sha256(whole)).toEqual(sha256Twin(whole))
    expect(keyed.digest(...parts)).toEqual(blake3Twin(whole, { key: RAW_KEY }))
  }
  expect(sha256()).toEqual(sha256Twin(new Uint8Array(0)))
})
