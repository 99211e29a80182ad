import { toHex } from '@forgeone/common'
import { expect, inject, test } from 'vitest'
import { inspectKeyringFile, passphraseProvider, rawKeyProvider } from '../src/index.ts'
import type { KeyringDocument } from '../src/keyring/keyring-document.ts'
import { encodeKeyring, parseKeyring } from '../src/keyring/keyring-text.ts'
import { MasterKey } from '../src/keyring/master-key.ts'
import { unlockMaster } from '../src/keyring/slot.ts'
import {
  bytes,
  codeOf,
  codeOfAsync,
  create,
  MemoryKeyringFile,
  RAW_KEY,
  reopen,
  STORE_ID,
} from './fixtures.ts'

/** Every bit, or one of so many: an odd number, so that each place in a byte and each copy has its turn. */
const STEP = inject('isLongTier') ? 1 : 9

const flip = (whole: Uint8Array, bit: number): Uint8Array => {
  const flipped = Uint8Array.from(whole)
  flipped[bit >> 3]! ^= 1 << (bit & 7)
  return flipped
}

/** The keyring after an edit that keeps its MAC right: what only a holder of the secret can write. */
async function resigned(whole: Uint8Array, edit: (document: KeyringDocument) => object): Promise<Uint8Array> {
  const { document } = parseKeyring(whole)
  const { kind, unlock } = rawKeyProvider(RAW_KEY)
  const { root } = await unlockMaster({ document, storeId: STORE_ID, kind, unlock })
  const master = new MasterKey({ root, id: document.master.id, storeId: STORE_ID })
  // The edit may leave version 1 on purpose.
  return master.encode(edit(document) as KeyringDocument)
}

test('any flipped bit in one copy leaves the store open, is reported and is repaired', async () => {
  const sound = new MemoryKeyringFile()
  const keyring = await create({ file: sound })
  const sealed = keyring.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
  const whole = sound.primary!
  for (let bit = 0; bit < whole.length * 8; bit += STEP) {
    const file = sound.fork()
    const inCopy = bit % 2 === 0
    if (inCopy) file.copy = flip(whole, bit)
    else file.primary = flip(whole, bit)
    const opened = await reopen({ file })
    if (opened.damagedCopies[0] !== (inCopy ? 'keyring.copy' : 'keyring'))
      expect.fail(`bit ${bit} went unseen`)
    if (toHex(file.primary!) !== toHex(whole) || toHex(file.copy!) !== toHex(whole)) {
      expect.fail(`bit ${bit} was not repaired`)
    }
    expect(opened.sealer('a', bytes('k')).open(bytes('x'), sealed)).toEqual(bytes('y'))
  }
})

test('any flipped bit in both copies is detected', async () => {
  const sound = new MemoryKeyringFile()
  await create({ file: sound })
  const codes = new Set<string>()
  for (let bit = 0; bit < sound.primary!.length * 8; bit++) {
    const file = sound.fork()
    file.primary = file.copy = flip(sound.primary!, bit)
    codes.add(await codeOfAsync(() => reopen({ file })))
  }
  expect([...codes].sort()).toEqual(['KEYRING_DAMAGED', 'KEYRING_VERSION', 'KEY_SECRET_WRONG'])
})

test('a copy cut at any length leaves the store open', async () => {
  const sound = new MemoryKeyringFile()
  await create({ file: sound })
  for (let length = 0; length < sound.primary!.length; length += 7) {
    const file = sound.fork()
    file.primary = sound.primary!.subarray(0, length)
    expect((await reopen({ file })).damagedCopies).toEqual(['keyring'])
  }
})

test('without repair the damaged copy stays as it is', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  const damaged = flip(file.primary!, 99)
  file.primary = damaged
  expect((await reopen({ file, repair: false })).damagedCopies).toEqual(['keyring'])
  expect(file.primary).toBe(damaged)
})

test('a repair that cannot be written does not keep the store closed', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  file.copy = flip(file.primary!, 99)
  file.failing = true
  expect((await reopen({ file })).damagedCopies).toEqual(['keyring.copy'])
})

test('of two sound copies the higher revision counts; the older one is no damage and is brought up', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const older = file.primary!
  await keyring.ensureScopes(['b'])
  for (const place of ['primary', 'copy'] as const) {
    const mixed = file.fork()
    mixed[place] = older
    const opened = await reopen({ file: mixed })
    expect([opened.revision, opened.damagedCopies]).toEqual([2, []])
    expect(mixed[place]).toEqual(file.primary)
  }
})

test('a destroyed key cannot be set back to primary', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  const destroyed = await resigned(file.primary!, (document) => ({
    ...document,
    keys: document.keys.map((key) => (key.scope === 'a' ? { ...key, state: 'destroyed', wrapped: '' } : key)),
  }))
  const { document, mac } = parseKeyring(destroyed)
  const before = parseKeyring(file.primary!).document
  const revived = encodeKeyring({ document: { ...document, keys: before.keys }, mac })
  file.primary = file.copy = revived
  expect(await codeOfAsync(() => reopen({ file }))).toBe('KEYRING_DAMAGED')
  file.primary = file.copy = destroyed
  const opened = await reopen({ file })
  const seal = (): unknown => opened.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
  expect(codeOf(seal)).toBe('CRYPTO_KEY_UNKNOWN')
})

test('a key that was moved to another record does not open', async () => {
  const file = new MemoryKeyringFile()
  await create({ file, scopes: ['a', 'b'] })
  const swapped = await resigned(file.primary!, (document) => {
    const [index, a, b] = document.keys
    const exchanged = [index, { ...a, wrapped: b!.wrapped }, { ...b, wrapped: a!.wrapped }]
    return { ...document, keys: exchanged }
  })
  file.primary = file.copy = swapped
  expect(await codeOfAsync(() => reopen({ file }))).toBe('KEYRING_DAMAGED')
})

test('a newer version is refused, beside an older copy too, and is not repaired away', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  for (const change of [{ version: 2 }, { added: true }, { shred: [{ bucket: 0, later: true }] }]) {
    const newer = await resigned(file.primary!, (document) => ({ ...document, ...change }))
    const both = file.fork()
    both.primary = both.copy = newer
    expect(await codeOfAsync(() => reopen({ file: both }))).toBe('KEYRING_VERSION')
    expect(codeOf(() => inspectKeyringFile(newer))).toBe('KEYRING_VERSION')
    const half = file.fork()
    half.primary = newer
    expect(await codeOfAsync(() => reopen({ file: half }))).toBe('KEYRING_VERSION')
    expect(half.primary).toBe(newer)
  }
})

test('one spelling only: blanks, another order or an escape are damage', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  const text = Buffer.from(file.primary!).toString()
  for (const variant of [
    `${text}\n`,
    text.replace(':', ': '),
    text.replace('forge-keyring', 'forge\\u002dkeyring'),
  ]) {
    expect(codeOf(() => inspectKeyringFile(bytes(variant)))).toBe('KEYRING_DAMAGED')
  }
  expect(codeOf(() => inspectKeyringFile(bytes('['.repeat(100_000))))).toBe('KEYRING_DAMAGED')
  expect(codeOf(() => inspectKeyringFile(bytes('{"format":"other"}')))).toBe('KEYRING_DAMAGED')
})

test('a recipe far above the ceiling is refused without being tried', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  const kdf = '$argon2id$v=19$m=67108864,t=3,p=4$CQkJCQkJCQkJCQkJCQkJCQ=='
  const { document, mac } = parseKeyring(file.primary!)
  const slots = document.slots.map((slot) => ({ ...slot, kind: 'passphrase' as const, kdf }))
  file.primary = file.copy = encodeKeyring({ document: { ...document, slots }, mac })
  const provider = passphraseProvider('correct horse battery')
  expect(await codeOfAsync(() => reopen({ file, provider }))).toBe('KDF_TOO_COSTLY')
})

test('a slot in clear never opens an encrypted store', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  const { document, mac } = parseKeyring(file.primary!)
  const kdf = `$clear$${Buffer.from(RAW_KEY).toString('base64')}`
  const slots = document.slots.map((slot) => ({ ...slot, kind: 'open' as const, kdf }))
  const forged = encodeKeyring({ document: { ...document, slots }, mac })
  expect(codeOf(() => parseKeyring(forged))).toBe('KEYRING_DAMAGED')
})

test('its structure can be inspected without a secret', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  expect(inspectKeyringFile(file.primary!)).toEqual({
    version: 1,
    revision: 1,
    storeId: toHex(STORE_ID),
    slots: [{ id: 1, kind: 'raw-key', kdf: '$raw', createdMs: 1_700_000_000_000 }],
    keys: keyring.list(),
    masterCreatedMs: 1_700_000_000_000,
  })
})
