import { argon2id as argon2idTwin } from '@noble/hashes/argon2.js'
import { expect, test } from 'vitest'
import type { KdfCost } from '../src/index.ts'
import { argon2id, argon2idFallback } from '../src/kdf/argon2id.ts'
import { derivePassphraseKey } from '../src/kdf/derive.ts'
import { checkCost, KDF_DEFAULT } from '../src/kdf/recipe-bounds.ts'
import { describeRecipe, formatRecipe, parseRecipe } from '../src/kdf/recipe.ts'
import { bytes, CHEAP_KDF, codeOf, codeOfAsync } from './fixtures.ts'

const MIB = 1024
const SALT = new Uint8Array(16).fill(9)
const argon = (memoryKib: number, passes: number, lanes: number): KdfCost => ({
  name: 'argon2id',
  memoryKib,
  passes,
  lanes,
})
const scrypt = (costLog2: number, blockSize: number, lanes: number): KdfCost => ({
  name: 'scrypt',
  costLog2,
  blockSize,
  lanes,
})

test.each([
  [KDF_DEFAULT, 'nothing'],
  [argon(19 * MIB, 2, 1), 'nothing'],
  [argon(7 * MIB, 5, 1), 'nothing'],
  [argon(19 * MIB - 1, 2, 1), 'KDF_TOO_WEAK'],
  [argon(7 * MIB, 4, 1), 'KDF_TOO_WEAK'],
  [argon(64 * MIB, 3, 0), 'KDF_TOO_WEAK'],
  [argon(1024 * MIB + 1, 3, 4), 'KDF_TOO_COSTLY'],
  [argon(64 * MIB, 17, 4), 'KDF_TOO_COSTLY'],
  [argon(64 * MIB, 3, 17), 'KDF_TOO_COSTLY'],
  [scrypt(17, 8, 1), 'nothing'],
  [scrypt(15, 8, 3), 'nothing'],
  [scrypt(16, 8, 1), 'KDF_TOO_WEAK'],
  [scrypt(17, 7, 1), 'KDF_TOO_WEAK'],
  [scrypt(20, 16, 1), 'KDF_TOO_COSTLY'],
  [scrypt(21, 8, 1), 'KDF_TOO_COSTLY'],
  [{ name: 'pbkdf2-sha512', iterations: 220_000 }, 'nothing'],
  [{ name: 'pbkdf2-sha256', iterations: 220_000 }, 'KDF_TOO_WEAK'],
  [{ name: 'pbkdf2-sha512', iterations: 10_000_001 }, 'KDF_TOO_COSTLY'],
] as const)('bounds: %o gives %s', (cost, code) => {
  expect(codeOf(() => checkCost(cost))).toBe(code)
})

test('a recipe that asks for 64 GiB is refused at once', async () => {
  const startedMicros = process.cpuUsage()
  const code = await codeOfAsync(() =>
    derivePassphraseKey({ cost: argon(64 * 1024 * MIB, 3, 4), salt: SALT }, bytes('x')),
  )
  expect(code).toBe('KDF_TOO_COSTLY')
  // 5 ms of a processor; the limit only tells a refusal from an allocation.
  expect(process.cpuUsage(startedMicros).user).toBeLessThan(500_000)
})

test('Argon2id is the same natively, in WebAssembly and in the slow twin', async () => {
  const cost = { name: 'argon2id', memoryKib: 256, passes: 2, lanes: 2 } as const
  const input = { cost, salt: SALT, passphrase: bytes('correct horse') }
  const twin = argon2idTwin(input.passphrase, SALT, { t: 2, m: 256, p: 2, dkLen: 32 })
  expect(await argon2id(input)).toEqual(twin)
  expect(await argon2idFallback(input)).toEqual(twin)
})

test('each derivation gives 32 bytes that depend on passphrase and salt', async () => {
  const costs: KdfCost[] = [CHEAP_KDF, scrypt(15, 8, 3), { name: 'pbkdf2-sha512', iterations: 220_000 }]
  for (const cost of costs) {
    const key = await derivePassphraseKey({ cost, salt: SALT }, bytes('x'))
    const otherSalt = await derivePassphraseKey({ cost, salt: new Uint8Array(16) }, bytes('x'))
    expect(key.length).toBe(32)
    expect(otherSalt).not.toEqual(key)
  }
})

test('a recipe is text and back, and its description has no salt', () => {
  for (const cost of [
    KDF_DEFAULT,
    scrypt(17, 8, 1),
    { name: 'pbkdf2-sha256', iterations: 600_000 } as const,
  ]) {
    const recipe = { form: 'passphrase', cost, salt: SALT } as const
    expect(parseRecipe(formatRecipe(recipe))).toEqual(recipe)
    expect(formatRecipe(recipe)).toBe(`${describeRecipe(recipe)}$CQkJCQkJCQkJCQkJCQkJCQ==`)
  }
})

test.each([
  '',
  '$raw',
  '$argon2i$v=19$m=65536,t=3,p=4$CQkJCQkJCQkJCQkJCQkJCQ==',
  '$argon2id$v=19$m=065536,t=3,p=4$CQkJCQkJCQkJCQkJCQkJCQ==',
  '$argon2id$v=19$m=65536,t=3,p=4$CQkJCQkJCQkJCQkJCQkJCR==',
  '$argon2id$v=19$m=65536,t=3,p=4$CQkJCQ==',
  '$argon2id$v=19$m=99999999999,t=3,p=4$CQkJCQkJCQkJCQkJCQkJCQ==',
  '$clear$CQkJCQkJCQkJCQkJCQkJCQ==',
])('a malformed recipe is damage: %s', (text) => {
  expect(codeOf(() => parseRecipe(text))).toBe('KEYRING_DAMAGED')
})
