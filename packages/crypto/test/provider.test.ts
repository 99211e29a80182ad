import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  environmentProvider,
  keyFileProvider,
  openProvider,
  passphraseProvider,
  rawKeyProvider,
} from '../src/index.ts'
import { CHEAP_KDF, codeOf, codeOfAsync, create, MemoryKeyringFile, RAW_KEY, reopen } from './fixtures.ts'

const BASE64 = Buffer.from(RAW_KEY).toString('base64')
const PASSPHRASE = 'correct horse battery'
const cheap = (text: string) => passphraseProvider(text, { kdf: CHEAP_KDF })

describe('passphrase', () => {
  test('is normalised, so that composed and decomposed spellings agree', async () => {
    const file = new MemoryKeyringFile()
    await create({ file, provider: cheap('caf\u00e9 au lait noir') })
    expect((await reopen({ file, provider: cheap('cafe\u0301 au lait noir') })).suite).toBe('aes-256-gcm')
  })

  test('is counted in characters after normalisation', () => {
    expect(codeOf(() => passphraseProvider('elevenchars'))).toBe('KEY_SECRET_WEAK')
    expect(codeOf(() => passphraseProvider('e\u0301'.repeat(11)))).toBe('KEY_SECRET_WEAK')
    expect(codeOf(() => passphraseProvider('😀'.repeat(11)))).toBe('KEY_SECRET_WEAK')
    expect(codeOf(() => passphraseProvider('😀'.repeat(12)))).toBe('nothing')
    expect(codeOf(() => passphraseProvider('x'.repeat(1025)))).toBe('STORE_OPTION_INVALID')
    expect(codeOf(() => passphraseProvider('twelve chars\ud800'))).toBe('STORE_OPTION_INVALID')
  })

  test('a new slot below the floor is refused before it is made', () => {
    const kdf = { ...CHEAP_KDF, passes: 1 }
    expect(codeOf(() => passphraseProvider(PASSPHRASE, { kdf }))).toBe('KDF_TOO_WEAK')
  })
})

describe('environment', () => {
  test('is read once and deleted', () => {
    const environment = { FORGE_SECRET: PASSPHRASE }
    environmentProvider('FORGE_SECRET', environment)
    expect(environment).toEqual({})
    expect(codeOf(() => environmentProvider('FORGE_SECRET', environment))).toBe('KEY_SECRET_MISSING')
  })

  test('holds a passphrase or a raw key, and opens what either made elsewhere', async () => {
    const byKey = new MemoryKeyringFile()
    await create({ file: byKey, provider: environmentProvider('K', { K: `base64:${BASE64}` }) })
    expect((await reopen({ file: byKey, provider: rawKeyProvider(RAW_KEY) })).slots()[0]!.kind).toBe(
      'environment',
    )
    const byPassphrase = new MemoryKeyringFile()
    await create({ file: byPassphrase, provider: cheap(PASSPHRASE) })
    const provider = environmentProvider('K', { K: PASSPHRASE })
    expect((await reopen({ file: byPassphrase, provider })).slots()[0]!.kind).toBe('passphrase')
  })

  test('refuses a malformed raw key', () => {
    expect(codeOf(() => environmentProvider('K', { K: 'base64:AAAA' }))).toBe('KEY_SECRET_WEAK')
    expect(codeOf(() => environmentProvider('K', { K: `base64:${BASE64.slice(0, -1)}` }))).toBe(
      'KEY_SECRET_WEAK',
    )
  })
})

test('a raw key has 32 bytes and is copied', async () => {
  expect(codeOf(() => rawKeyProvider(new Uint8Array(31)))).toBe('KEY_SECRET_WEAK')
  const key = Uint8Array.from(RAW_KEY)
  const file = new MemoryKeyringFile()
  const provider = rawKeyProvider(key)
  key.fill(0)
  await create({ file, provider })
  expect(await codeOfAsync(() => reopen({ file }))).toBe('nothing')
})

test('a secret of another form does not fit', async () => {
  const byKey = new MemoryKeyringFile()
  await create({ file: byKey })
  expect(await codeOfAsync(() => reopen({ file: byKey, provider: cheap(PASSPHRASE) }))).toBe(
    'KEY_SECRET_WRONG',
  )
  expect(await codeOfAsync(() => reopen({ file: byKey, provider: openProvider() }))).toBe(
    'KEY_SECRET_MISSING',
  )
  const open = new MemoryKeyringFile()
  await create({ file: open, provider: openProvider(), suite: 'none' })
  expect(await codeOfAsync(() => reopen({ file: open, provider: openProvider() }))).toBe('nothing')
  // Else swapping the keyring would turn an encrypted store into a clear one unseen.
  expect(await codeOfAsync(() => reopen({ file: open }))).toBe('KEY_SECRET_WRONG')
})

test('a store cannot be encrypted without a secret', async () => {
  expect(await codeOfAsync(() => create({ provider: openProvider() }))).toBe('STORE_OPTION_INVALID')
})

describe('key file', () => {
  let folder: string
  let storePath: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'forge-key-'))
    storePath = path.join(folder, 'store')
    mkdirSync(storePath)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (name: string, content: Uint8Array | string, mode = 0o600): string => {
    const file = path.join(folder, name)
    writeFileSync(file, content, { mode })
    return file
  }
  const tryCreate = (file: string): Promise<string> =>
    codeOfAsync(() => create({ provider: keyFileProvider(file, { storePath }) }))

  test('holds 32 bytes or their base64', async () => {
    const file = new MemoryKeyringFile()
    await create({ file, provider: keyFileProvider(write('raw', RAW_KEY), { storePath }) })
    const provider = keyFileProvider(write('text', `${BASE64}\n`), { storePath })
    expect((await reopen({ file, provider })).slots()[0]!.kind).toBe('key-file')
    expect(await tryCreate(write('short', 'short'))).toBe('KEY_SECRET_WEAK')
    expect(await tryCreate(write('long', 'x'.repeat(1000)))).toBe('KEY_SECRET_WEAK')
    expect(await tryCreate(path.join(folder, 'absent'))).toBe('KEY_PROVIDER_FAILED')
  })

  test('is refused where others could use it', async () => {
    expect(await tryCreate(write('group', RAW_KEY, 0o640))).toBe('KEY_FILE_UNSAFE')
    expect(await tryCreate(write('world', RAW_KEY, 0o604))).toBe('KEY_FILE_UNSAFE')
    expect(await tryCreate(folder)).toBe('KEY_FILE_UNSAFE')
  })

  test('is refused as a link', async () => {
    symlinkSync(write('raw', RAW_KEY), path.join(folder, 'link'))
    expect(await tryCreate(path.join(folder, 'link'))).toBe('KEY_FILE_UNSAFE')
  })

  test('is refused inside the store, by whatever path', async () => {
    const inside = write('store/key', RAW_KEY)
    symlinkSync(storePath, path.join(folder, 'alias'))
    expect(await tryCreate(inside)).toBe('KEY_FILE_UNSAFE')
    expect(await tryCreate(path.join(folder, 'alias', 'key'))).toBe('KEY_FILE_UNSAFE')
    expect(await tryCreate(write('store.key', RAW_KEY))).toBe('nothing')
  })
})
