import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  KDF_WORK_MIB_MAX,
  keyFileProvider,
  keyringFileIn,
  passphraseProvider,
  type KeyProvider,
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

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forge-hostile-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const canMakePipes = process.platform !== 'win32'

function makePipe(name: string): string {
  const path = join(folder, name)
  rmSync(path, { force: true })
  execFileSync('sh', ['-c', 'mkfifo "$0"', path])
  return path
}

test.runIf(canMakePipes)(
  'a pipe in place of a keyring file keeps nobody waiting',
  async () => {
    await create({ file: keyringFileIn(folder) })
    makePipe('keyring')
    const keyring = await reopen({ file: keyringFileIn(folder), repair: false })
    expect(keyring.damagedCopies).toEqual(['keyring'])
    makePipe('keyring.copy')
    expect(await codeOfAsync(() => reopen({ file: keyringFileIn(folder) }))).toBe('KEYRING_DAMAGED')
  },
  5000,
)

test.runIf(canMakePipes)(
  'a pipe in place of a key file keeps nobody waiting',
  async () => {
    const path = makePipe('key')
    execFileSync('chmod', ['600', path])
    const provider = keyFileProvider(path, { storePath: join(folder, 'store') })
    expect(await codeOfAsync(() => create({ provider }))).toBe('KEY_FILE_UNSAFE')
  },
  5000,
)

test('a sparse keyring of a gigabyte is refused without being read', async () => {
  for (const name of ['keyring', 'keyring.copy']) {
    writeFileSync(join(folder, name), '')
    truncateSync(join(folder, name), 2 ** 30)
  }
  const before = process.memoryUsage().rss
  expect(await codeOfAsync(() => reopen({ file: keyringFileIn(folder) }))).toBe('KEYRING_DAMAGED')
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
})

/** A keyring whose slots have these recipes, as somebody may write who wants it to take long. */
async function keyringWithRecipes(recipes: readonly string[]): Promise<MemoryKeyringFile> {
  const file = new MemoryKeyringFile()
  await create({ file })
  const document = JSON.parse(Buffer.from(file.primary!).toString())
  document.slots = recipes.map((kdf, index) => ({
    ...document.slots[0],
    id: index + 1,
    kind: 'passphrase',
    kdf,
  }))
  file.primary = file.copy = bytes(JSON.stringify(document))
  return file
}

function salt(index: number): string {
  return Buffer.alloc(32, index + 1).toString('base64')
}

test('slots that are bearable one by one and not together are refused before any is tried', async () => {
  const costly: Readonly<Record<string, (index: number) => string>> = {
    argon2id: (index) => `$argon2id$v=19$m=1048576,t=4,p=16$${salt(index)}`,
    scrypt: (index) => `$scrypt$ln=19,r=16,p=2$${salt(index)}`,
  }
  for (const recipe of Object.values(costly)) {
    const file = await keyringWithRecipes(Array.from({ length: 16 }, (_, index) => recipe(index)))
    const begunMicros = process.cpuUsage()
    const provider = passphraseProvider('correct horse battery staple', { kdf: CHEAP_KDF })
    expect(await codeOfAsync(() => reopen({ file, provider }))).toBe('KDF_TOO_COSTLY')
    // One of them alone takes seconds of a processor.
    expect(process.cpuUsage(begunMicros).user).toBeLessThan(2_000_000)
  }
  expect(KDF_WORK_MIB_MAX).toBeGreaterThan(16 * 64 * 3)
  // One alone that would take a minute is neither made nor tried.
  for (const recipe of [`$argon2id$v=19$m=1048576,t=16,p=16$`, `$scrypt$ln=19,r=16,p=16$`]) {
    const file = await keyringWithRecipes([`${recipe}${salt(0)}`])
    const provider = passphraseProvider('correct horse battery staple', { kdf: CHEAP_KDF })
    expect(await codeOfAsync(() => reopen({ file, provider }))).toBe('KDF_TOO_COSTLY')
  }
  const minute = { name: 'argon2id', memoryKib: 2 ** 20, passes: 16, lanes: 16 } as const
  expect(() => passphraseProvider('correct horse battery staple', { kdf: minute })).toThrow(
    expect.objectContaining({ code: 'KDF_TOO_COSTLY' }),
  )
})

test('a passphrase that anybody would try first is refused when it is set, and opens what it opened', async () => {
  const weak = [
    'aaaaaaaaaaaa',
    '123456123456',
    'passwordpassword',
    'Password1234',
    'abcdefghijklmnop',
    'qwertyuiop1234',
    'zyxwvutsrqponm',
    'abababababababab',
    'admin1234admin1234',
    '            ',
  ]
  for (const passphrase of weak) {
    const provider = passphraseProvider(passphrase, { kdf: CHEAP_KDF })
    expect([passphrase, await codeOfAsync(() => create({ provider }))]).toEqual([
      passphrase,
      'KEY_SECRET_WEAK',
    ])
  }
  for (const passphrase of [
    'correct horse battery staple',
    'a passphrase of your own',
    'Tr0ub4dor&3xyz',
    'zwölf Boxkämpfer',
  ]) {
    const provider = passphraseProvider(passphrase, { kdf: CHEAP_KDF })
    expect([passphrase, await codeOfAsync(() => create({ provider }))]).toEqual([passphrase, 'nothing'])
  }
  // One of before: its slot is there already.
  const strong = passphraseProvider('aaaaaaaaaaaa', { kdf: CHEAP_KDF })
  expect(await codeOfAsync(() => strong.unlock({ kind: 'raw-key', kdf: 'none' }))).not.toBe('KEY_SECRET_WEAK')
  expect(codeOf(() => passphraseProvider(5 as never))).toBe('STORE_OPTION_INVALID')
})

test('what a provider of somebody else throws or gives is checked where it comes in', async () => {
  const good: KeyProvider = {
    kind: 'raw-key',
    enrol: () => Promise.resolve({ kind: 'raw-key', kdf: '$raw$', key: Uint8Array.from(RAW_KEY) }),
    unlock: () => Promise.resolve(Uint8Array.from(RAW_KEY)),
  }
  const enrolled: unknown[] = [
    undefined,
    5,
    {},
    { kind: 'other', kdf: '$raw$', key: RAW_KEY },
    { kind: 'raw-key', kdf: '$raw$', key: new Uint8Array(3) },
    { kind: 'raw-key', kdf: 5, key: RAW_KEY },
  ]
  for (const slot of enrolled) {
    const file = new MemoryKeyringFile()
    const provider = { ...good, enrol: () => Promise.resolve(slot) } as KeyProvider
    expect(await codeOfAsync(() => create({ file, provider }))).toBe('KEY_PROVIDER_FAILED')
    expect(file.writes).toBe(0)
  }
  const throwing: KeyProvider = { ...good, enrol: () => Promise.reject(new Error('the secret itself')) }
  const error: unknown = await create({ provider: throwing }).catch((reason: unknown) => reason)
  expect(String((error as Error).stack)).not.toContain('the secret itself')
  const file = new MemoryKeyringFile()
  await create({ file })
  for (const unlock of [
    () => Promise.resolve('x'),
    () => Promise.reject(new Error('no')),
    () => Promise.resolve(new Uint8Array(2)),
  ]) {
    const provider = { ...good, unlock } as KeyProvider
    expect(await codeOfAsync(() => reopen({ file, provider }))).toBe('KEY_PROVIDER_FAILED')
  }
})
