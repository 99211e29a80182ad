// What is no file, in the place of one: judged as a damaged file of that name is, and never removed.

import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ForgeError, utf8Encode } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { examineStore, LocalStore, takeImage, verifyStore, type LocalStoreOptions } from '../src/index.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-strangers-'))
afterAll(() => rmSync(folder, { recursive: true }))
let next = 0

/** Each puts something at a path where nothing is. */
const STRANGERS: Readonly<Record<string, (path: string) => void | Promise<void>>> = {
  'a directory with a file': (path) => {
    mkdirSync(path)
    writeFileSync(join(path, 'thesis.txt'), 'text')
  },
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'a socket': async (path) => {
    // Bound under a short name, since such names are; the name stays when it is renamed, and goes when it is closed.
    const short = join(folder, `s${next++}`)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(short, resolve))
    execFileSync('mv', [short, path])
    await new Promise((resolve) => server.close(resolve))
  },
  'a link to itself': (path) => symlinkSync(path, path),
}

async function made(): Promise<LocalStoreOptions & { readonly path: string }> {
  const options = { path: join(folder, `store-${next++}`), databases: DATABASES, provider: testProvider() }
  const store = await LocalStore.open(options)
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'key', 'value')] }))
  await store.close()
  return options
}

async function replace(path: string, name: string, stranger: string): Promise<void> {
  rmSync(join(path, name), { force: true })
  await STRANGERS[stranger]!(join(path, name))
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

async function opened(options: LocalStoreOptions): Promise<LocalStore | ForgeError> {
  try {
    return await LocalStore.open(options)
  } catch (error) {
    if (error instanceof ForgeError) return error
    throw error
  }
}

for (const stranger of Object.keys(STRANGERS)) {
  for (const [name, code] of [
    ['keyring', 'KEYRING_DAMAGED'],
    ['keyring.copy', 'KEYRING_DAMAGED'],
    ['journal/flush-point', 'JOURNAL_DAMAGED'],
  ] as const) {
    test(`${stranger} in place of ${name} is told, set aside, and the store goes on`, async () => {
      const options = await made()
      await replace(options.path, name, stranger)
      const checks = await examineStore(options.path)
      expect(checks.filter(({ status }) => status !== 'ok').map((check) => check.code)).toContain(code)
      const store = await LocalStore.open(options)
      expect(store.health().reasons).toMatchObject([{ code, where: name }])
      expect(await store.get('alpha', utf8Encode('key'))).toEqual(utf8Encode('value'))
      expect((await verifyStore(store)).problems.map((problem) => problem.code)).not.toContain('IO_FAILED')
      await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'key', 'newer')] }))
      await store.flush()
      await store.close()
      expect(isThere(join(options.path, `${name}.aside`)), 'what was there is there').toBe(true)
      expect(lstatSync(join(options.path, name)).isFile()).toBe(true)
      const again = await LocalStore.open(options)
      expect(again.health().reasons).toEqual([])
      expect(await again.get('alpha', utf8Encode('key'))).toEqual(utf8Encode('newer'))
      await again.close()
      const left = (await examineStore(options.path)).filter(({ status }) => status !== 'ok')
      expect(left).toMatchObject([{ name: name.startsWith('journal') ? 'flush point' : 'other files' }])
    })
  }

  for (const [names, code] of [
    [['keyring', 'keyring.copy'], 'KEYRING_DAMAGED'],
    [['FORGE'], 'STORE_DAMAGED'],
    [['IMAGE'], 'STORE_DAMAGED'],
    [['journal/000000000001.wal'], 'JOURNAL_DAMAGED'],
  ] as const) {
    test(`${stranger} in place of ${names.join(' and ')} is damage, and stays`, async () => {
      const options = await made()
      for (const name of names) await replace(options.path, name, stranger)
      const refused = await opened(options)
      expect(refused).toMatchObject({ code })
      // It says what to do about this, and not about a disk.
      expect((refused as ForgeError).hint).toMatch(/elsewhere|put the (right one|segment)/)
      const checks = await examineStore(options.path)
      expect(checks.filter(({ status }) => status === 'fail').map((check) => check.code)).toContain(code)
      for (const name of names) expect(isThere(join(options.path, name))).toBe(true)
    })
  }

  test(`${stranger} where a new file is written first is set aside`, async () => {
    const options = await made()
    const places = [
      'FORGE.tmp',
      'journal/flush-point.tmp',
      'keyring.new',
      'keyring.copy.new',
      'keyring.new-sync',
    ]
    for (const name of places) await STRANGERS[stranger]!(join(options.path, name))
    const store = await LocalStore.open({ ...options, databases: [...DATABASES, 'added'] })
    await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'key', 'newer')] }))
    await store.close()
    for (const name of places) expect(isThere(join(options.path, `${name}.aside`)), name).toBe(true)
  })
}

test('a directory in place of the lock is set aside once it is old, with what it holds', async () => {
  const options = await made()
  const lock = join(options.path, 'lock')
  mkdirSync(lock)
  writeFileSync(join(lock, 'thesis.txt'), 'text')
  expect(await opened(options)).toMatchObject({ code: 'STORE_LOCKED' })
  execFileSync('touch', ['-d', '@1000000000', lock])
  await (await LocalStore.open(options)).close()
  expect(readFileSync(join(options.path, 'lock.aside', 'thesis.txt'), 'utf8')).toBe('text')
  await (await LocalStore.open(options)).close()
  expect(existsSync(join(options.path, 'lock.aside', 'thesis.txt'))).toBe(true)
})

test('a damaged flush point is told by doctor before, by verify then, and by both until somebody looked', async () => {
  const options = await made()
  const point = join(options.path, 'journal', 'flush-point')
  const codes = async (): Promise<readonly unknown[]> =>
    (await examineStore(options.path)).flatMap(({ status, code }) => (status === 'ok' ? [] : [code]))
  writeFileSync(point, 'garbage')
  expect(await codes()).toEqual(['JOURNAL_DAMAGED'])
  const store = await LocalStore.open(options)
  expect((await verifyStore(store)).problems).toMatchObject([
    { code: 'JOURNAL_DAMAGED', where: 'journal/flush-point' },
  ])
  await store.close()
  expect(readFileSync(`${point}.damaged`, 'utf8')).toBe('garbage')
  expect(await codes()).toEqual(['JOURNAL_DAMAGED'])
  const again = await LocalStore.open(options)
  const report = await verifyStore(again)
  expect([report.ok, report.notices.map(({ code }) => code)]).toEqual([true, ['JOURNAL_DAMAGED']])
  await again.close()
  rmSync(`${point}.damaged`)
  expect(await codes()).toEqual([])
})

test('the doctor says that a directory is an image, and what makes it a store', async () => {
  const options = await made()
  const store = await LocalStore.open(options)
  const target = join(folder, `image-${next++}`)
  const { id } = await takeImage(store, { target, id: '5e'.repeat(16) })
  await store.close()
  const checks = await examineStore(target)
  expect(checks.find(({ name }) => name === 'image')).toMatchObject({
    status: 'ok',
    message: expect.stringContaining(id),
    next: expect.stringContaining('accept-rollback'),
  })
  const keyring = checks.find(({ name }) => name === 'keyring')
  expect(keyring).toMatchObject({
    status: 'fail',
    code: 'KEYRING_MISSING',
    next: expect.stringContaining('image'),
  })
})

for (const stranger of Object.keys(STRANGERS)) {
  test(`${stranger} in place of a table, or of CURRENT, sets its database aside, and keeps nobody waiting`, async () => {
    for (const pattern of [/\.ldb$/, /^CURRENT$/]) {
      const options = await made()
      const name = readdirSync(join(options.path, 'alpha')).find((file) => pattern.test(file))!
      await replace(options.path, join('alpha', name), stranger)
      const checks = await examineStore(options.path)
      expect(checks.filter(({ status }) => status === 'fail').map((check) => check.code)).toEqual([
        'DATABASE_DAMAGED',
      ])
      const store = await LocalStore.open(options)
      expect(store.offlineDatabases).toEqual(['alpha'])
      expect((await verifyStore(store)).problems).toMatchObject([{ code: 'DATABASE_DAMAGED' }])
      await store.close()
      expect(isThere(join(options.path, 'alpha', name))).toBe(true)
    }
  })
}
