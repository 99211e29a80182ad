import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8Encode } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { afterAll, expect, test } from 'vitest'
import {
  examineStore,
  LocalStore,
  MemoryBackend,
  MemoryStoreFiles,
  readStoreFile,
  verifyStore,
  type LocalStoreOptions,
} from '../src/index.ts'
import { DATABASES, FACTS, put, readRows, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-open-'))
afterAll(() => rmSync(folder, { recursive: true }))
let next = 0
const options = (path: string = join(folder, `s${next++}`)): LocalStoreOptions & { path: string } => ({
  path,
  databases: DATABASES,
  provider: testProvider(),
})
const write = (store: LocalStore, key: string, value = 'v'): Promise<unknown> =>
  store.commit(() => ({ facts: FACTS, operations: DATABASES.map((name) => put(name, key, value)) }))

test('a missing directory is created only when that is asked for', async () => {
  const o = options(join(folder, 'deep', 'er', 'store'))
  await expect(LocalStore.open({ ...o, create: 'never' })).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' })
  const store = await LocalStore.open({ ...o, create: 'always' })
  await store.close()
  expect(statSync(o.path).mode & 0o777).toBe(0o700)
  await expect(LocalStore.open({ ...o, create: 'always' })).rejects.toMatchObject({ code: 'STORE_EXISTS' })
})

test('a file, and a directory with other files, are no store and stay as they are', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, 'text')
  await expect(LocalStore.open(options(file))).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
  await expect(LocalStore.open(options(join(file, 'below')))).rejects.toMatchObject({
    code: 'STORE_UNWRITABLE',
  })
  const other = join(folder, 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'thesis.txt'), 'text')
  await expect(LocalStore.open(options(other))).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
  expect(readFileSync(join(other, 'thesis.txt'), 'utf8')).toBe('text')
})

test('a store of a newer version, and one with another secret, are refused', async () => {
  const o = options()
  await (await LocalStore.open(o)).close()
  await expect(
    LocalStore.open({ ...o, provider: rawKeyProvider(new Uint8Array(32).fill(8)) }),
  ).rejects.toMatchObject({ code: 'KEY_SECRET_WRONG' })
  const file = join(o.path, 'FORGE')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('"version":1', '"version":2'))
  await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'STORE_VERSION' })
  await expect(readStoreFile(o.path)).rejects.toMatchObject({ code: 'STORE_VERSION' })
  writeFileSync(file, text.replace('"version":1', '"version":0'))
  await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  writeFileSync(file, text)
  await (await LocalStore.open(o)).close()
})

test('an open that fails leaves nothing open: the next one succeeds', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await write(store, 'k')
  await store.close()
  const [segment] = ['000000000002.wal']
  const file = join(o.path, 'journal', segment)
  const bytes = readFileSync(file)
  rmSync(file)
  await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' })
  writeFileSync(file, bytes.subarray(0, bytes.length - 1))
  await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'JOURNAL_TAIL_LOST' })
  expect(readFileSync(file), 'a journal that is refused keeps every byte').toEqual(
    bytes.subarray(0, bytes.length - 1),
  )
  writeFileSync(file, bytes)
  const again = await LocalStore.open(o)
  expect((await readRows(again)).size).toBe(3)
  await again.close()
})

test('a database can be added to a store, and bad names are refused', async () => {
  const o = options()
  await (await LocalStore.open({ ...o, databases: ['alpha'] })).close()
  const store = await LocalStore.open(o)
  expect(store.databases).toEqual(['alpha', 'beta', 'gamma'])
  await write(store, 'k')
  await store.close()
  for (const name of ['journal', 'Bad', '../x', '']) {
    await expect(LocalStore.open({ ...o, databases: [name] })).rejects.toMatchObject({
      code: 'STORE_OPTION_INVALID',
    })
  }
  await expect(LocalStore.open({ databases: DATABASES, provider: testProvider() })).rejects.toMatchObject({
    code: 'STORE_OPTION_INVALID',
  })
})

test('one damaged database goes offline, the others serve and keep their commits', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await write(store, 'k')
  await store.close()
  rmSync(join(o.path, 'beta', 'CURRENT'))
  const partial = await LocalStore.open(o)
  expect(partial.offlineDatabases).toEqual(['beta'])
  expect(partial.health()).toMatchObject({
    state: 'degraded',
    reasons: [{ code: 'DATABASE_DAMAGED', where: 'beta' }],
  })
  await expect(partial.get('beta', utf8Encode('k'))).rejects.toMatchObject({ code: 'DATABASE_OFFLINE' })
  await expect(write(partial, 'x')).rejects.toMatchObject({ code: 'DATABASE_OFFLINE' })
  await partial.commit(() => ({ facts: FACTS, operations: [put('alpha', 'new', 'v')] }))
  expect(await partial.get('alpha', utf8Encode('new'))).toEqual(utf8Encode('v'))
  await partial.close()
  const again = await LocalStore.open(o)
  expect(await again.get('alpha', utf8Encode('new'))).toEqual(utf8Encode('v'))
  expect(again.offlineDatabases).toEqual(['beta'])
  await again.close()
})

test('a damaged table is found before LevelDB reads it', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  for (let index = 0; index < 50; index++) await write(store, `k${index}`, 'x'.repeat(1000))
  await store.close()
  const file = join(o.path, 'beta', '000005.ldb')
  const bytes = readFileSync(file)
  bytes[100]! ^= 1
  writeFileSync(file, bytes)
  const partial = await LocalStore.open(o)
  expect(partial.offlineDatabases).toEqual(['beta'])
  await partial.close()
})

test('a lost flush point costs a replay, a damaged one is reported too', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await write(store, 'k')
  await store.close()
  const file = join(o.path, 'journal', 'flush-point')
  rmSync(file)
  const lost = await LocalStore.open(o)
  expect(lost.recovery).toMatchObject({ cleanClose: false, flushPointLost: true })
  await lost.close()
  writeFileSync(file, 'garbage')
  const damaged = await LocalStore.open(o)
  expect(damaged.health().reasons).toMatchObject([{ code: 'JOURNAL_DAMAGED', where: 'journal/flush-point' }])
  expect((await readRows(damaged)).size).toBe(3)
  await damaged.close()
})

test('a copy taken under way, as after a kill, opens with every commit', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  for (let index = 0; index < 20; index++) await write(store, `k${index}`)
  const copy = options()
  cpSync(o.path, copy.path, { recursive: true, filter: (name) => !name.endsWith('/lock') })
  await store.close()
  const recovered = await LocalStore.open(copy)
  expect(recovered.recovery).toMatchObject({ cleanClose: false, commitsReplayed: 21 })
  expect((await readRows(recovered)).size).toBe(60)
  expect((await verifyStore(recovered)).ok).toBe(true)
  await recovered.close()
})

test('a store in memory can be closed and opened again within the process', async () => {
  const o = {
    databases: DATABASES,
    provider: testProvider(),
    files: new MemoryStoreFiles(),
    backend: new MemoryBackend(),
  }
  const store = await LocalStore.open(o)
  await write(store, 'k')
  await store.close()
  const again = await LocalStore.open({ ...o, create: 'never' })
  expect((await readRows(again)).size).toBe(3)
  await again.close()
})

test.skipIf(process.platform !== 'linux')(
  'a place below which nothing can be made is unwritable, and opening comes back from it',
  async () => {
    await expect(LocalStore.open(options('/proc/forge-test/store'))).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
    })
  },
)

test('doctor tells a store that lost its file from a place where none ever was', async () => {
  const o = options()
  await (await LocalStore.open(o)).close()
  rmSync(join(o.path, 'FORGE'))
  expect(await codes(o.path)).toEqual(['STORE_DAMAGED'])
  expect(await codes(join(folder, 'never'))).toEqual(['STORE_NOT_FOUND'])
})

async function codes(path: string): Promise<readonly unknown[]> {
  return (await examineStore(path)).flatMap(({ status, code }) => (status === 'fail' ? [code] : []))
}
