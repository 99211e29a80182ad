import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '@forgeone/common'
import {
  KEYS_MAX,
  passphraseProvider,
  rawKeyProvider,
  SIGNING_SCOPE,
  type KeyringFile,
} from '../src/index.ts'
import {
  bytes,
  CHEAP_KDF,
  codeOf,
  codeOfAsync,
  create,
  MemoryKeyringFile,
  RAW_KEY,
  reopen,
} from './fixtures.ts'

test('opens with its secret; another one is wrong, which differs from damage', async () => {
  const file = new MemoryKeyringFile()
  await create({ file, provider: passphraseProvider('correct horse battery', { kdf: CHEAP_KDF }) })
  const right = passphraseProvider('correct horse battery')
  const wrong = passphraseProvider('incorrect horse battery')
  expect((await reopen({ file, provider: right })).suite).toBe('aes-256-gcm')
  expect(await codeOfAsync(() => reopen({ file, provider: wrong }))).toBe('KEY_SECRET_WRONG')
  file.primary = file.copy = file.primary!.subarray(0, -10)
  expect(await codeOfAsync(() => reopen({ file, provider: right }))).toBe('KEYRING_DAMAGED')
  expect(await codeOfAsync(() => reopen({ file, provider: wrong }))).toBe('KEYRING_DAMAGED')
})

test('is missing only when both files are', async () => {
  const file = new MemoryKeyringFile()
  expect(await codeOfAsync(() => reopen({ file }))).toBe('KEYRING_MISSING')
  await create({ file })
  file.primary = undefined
  expect((await reopen({ file })).damagedCopies).toEqual(['keyring'])
  expect(file.primary).toEqual(file.copy)
})

test('is never overwritten by a second creation, not even when only its copy is left', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  file.primary = undefined
  expect(await codeOfAsync(() => create({ file }))).toBe('STORE_EXISTS')
})

test('of another store is refused', async () => {
  const file = new MemoryKeyringFile()
  await create({ file })
  expect(await codeOfAsync(() => reopen({ file, storeId: new Uint8Array(16) }))).toBe('KEYRING_DAMAGED')
})

describe('scopes', () => {
  test('added later get keys that survive reopening; known ones keep theirs', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file, scopes: ['a'] })
    const before = keyring.list().find((key) => key.scope === 'a')
    await Promise.all([keyring.ensureScopes(['a', 'b']), keyring.ensureScopes(['b', 'c', 'c'])])
    const sealed = keyring.sealer('c', bytes('k')).seal(bytes('x'), bytes('y'))
    const again = await reopen({ file })
    expect(again.list().map((key) => key.scope)).toEqual(['index', 'a', 'b', 'c'])
    expect(again.list().find((key) => key.scope === 'a')!.id).toBe(before!.id)
    expect(again.sealer('c', bytes('k')).open(bytes('x'), sealed)).toEqual(bytes('y'))
  })

  test('that could not be written do not seal, and can be added again', async () => {
    const file = new MemoryKeyringFile()
    const keyring = await create({ file })
    const sealer = keyring.sealer('b', bytes('k'))
    file.failing = true
    expect(await codeOfAsync(() => keyring.ensureScopes(['b']))).toBe('IO_FAILED')
    file.failing = false
    expect(codeOf(() => sealer.seal(bytes('x'), bytes('y')))).toBe('CRYPTO_KEY_UNKNOWN')
    await keyring.ensureScopes(['b'])
    const sealed = sealer.seal(bytes('x'), bytes('y'))
    expect((await reopen({ file })).sealer('b', bytes('k')).open(bytes('x'), sealed)).toEqual(bytes('y'))
  })

  test('survive a reservation that overtakes their write', async () => {
    const file = new MemoryKeyringFile()
    const asked = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const slow: KeyringFile = {
      read: () => file.read(),
      replaceSync: (bytes) => file.replaceSync(bytes),
      // Settles, as the port allows, without writing when a synchronous replace came later.
      replace: async (bytes) => {
        const { writes } = file
        asked.resolve()
        await released.promise
        if (file.writes === writes) await file.replace(bytes)
      },
    }
    await create({ file })
    const keyring = await reopen({ file: slow })
    const adding = keyring.ensureScopes(['b'])
    await asked.promise
    keyring.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
    released.resolve()
    await adding
    const sealed = keyring.sealer('a', bytes('k')).seal(bytes('x'), bytes('y'))
    const again = await reopen({ file })
    expect(again.list().map((key) => key.scope)).toEqual(['index', 'a', 'b'])
    expect(again.sealer('a', bytes('k')).open(bytes('x'), sealed)).toEqual(bytes('y'))
  })

  test('have names the format allows', async () => {
    const keyring = await create()
    for (const scope of ['index', '', 'A', '../x', 'x'.repeat(65)]) {
      expect(await codeOfAsync(() => keyring.ensureScopes([scope]))).toBe('STORE_OPTION_INVALID')
    }
    expect(KEYS_MAX).toBeGreaterThan(1000)
  })
})

test('keyed hashes and file MACs are stable, and differ by purpose, label and store', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const again = await reopen({ file })
  const value = bytes('value')
  expect(again.keyedHash('blind', value)).toEqual(keyring.keyedHash('blind', value))
  expect(again.fileMac('FORGE', value)).toEqual(keyring.fileMac('FORGE', value))
  const other = await create()
  const all = [
    ...(['blind', 'topic', 'chunk-id', 'entry-salt', 'resource'] as const).map((p) =>
      keyring.keyedHash(p, value),
    ),
    keyring.fileMac('FORGE', value),
    keyring.fileMac('OTHER', value),
    other.keyedHash('blind', value),
    other.fileMac('FORGE', value),
  ]
  expect(new Set(all.map((hash) => Buffer.from(hash).toString('hex'))).size).toBe(all.length)
  expect(new Set(all.map((hash) => hash.length))).toEqual(new Set([32]))
})

test('the journal has a purpose key of its own', async () => {
  const keyring = await create({ scopes: ['journal'] })
  const sealer = keyring.sealer('journal', bytes('segment'))
  expect(sealer.open(bytes('1'), sealer.seal(bytes('1'), bytes('frame')))).toEqual(bytes('frame'))
})

test('locked, it does nothing any more and writes nothing', async () => {
  const file = new MemoryKeyringFile()
  const keyring = await create({ file })
  const sealer = keyring.sealer('a', bytes('k'))
  const sealed = sealer.seal(bytes('x'), bytes('y'))
  const { writes } = file
  keyring.lock()
  keyring.lock()
  for (const use of [
    () => sealer.seal(bytes('x'), bytes('y')),
    () => sealer.open(bytes('x'), sealed),
    () => keyring.sealer('a', bytes('k')),
    () => keyring.keyedHash('blind', bytes('x')),
    () => keyring.fileMac('FORGE', bytes('x')),
  ]) {
    expect(codeOf(use)).toBe('CRYPTO_LOCKED')
  }
  expect(await codeOfAsync(() => keyring.ensureScopes(['b']))).toBe('CRYPTO_LOCKED')
  await keyring.flush()
  expect(file.writes).toBe(writes)
  expect((await reopen({ file })).sealer('a', bytes('k')).open(bytes('x'), sealed)).toEqual(bytes('y'))
})

test('printing a keyring, a provider or a list shows no key', async () => {
  const provider = rawKeyProvider(RAW_KEY)
  const keyring = await create({ provider })
  const sealer = keyring.sealer('a', bytes('k'))
  const text = [keyring, provider, sealer, keyring.list(), keyring.slots()]
    .map((value) => inspect(value, { depth: 10, showHidden: true }) + JSON.stringify(value))
    .join()
  expect(text).not.toMatch(/0, 1, 2, 3, 4|000102|AAECAw|wrapped|commit/)
})

test('what signs is one object for each key, and signs nothing once the keyring is locked or its key destroyed', async () => {
  const clock = new ManualClock()
  const keyring = await create({ scopes: ['a', SIGNING_SCOPE], clock })
  const [signer] = keyring.signers()
  expect(keyring.signers()).toEqual([signer])
  expect(keyring.signers()[0]).toBe(signer)
  const old = keyring.list().find(({ scope }) => scope === SIGNING_SCOPE)!
  const next = await keyring.nextSigner()
  await keyring.rotateData(SIGNING_SCOPE)
  expect(next.sign(bytes('x'))).toHaveLength(64)
  clock.advance(31 * 86_400_000)
  await keyring.destroyKey({ keyId: old.id, uses: new Map() })
  expect(codeOf(() => signer!.sign(bytes('x')))).toBe('CRYPTO_LOCKED')
  keyring.lock()
  expect(codeOf(() => next.sign(bytes('x')))).toBe('CRYPTO_LOCKED')
})
