import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { Forge, type ForgeOptions } from '../src/index.ts'
import { copyAsKilled } from './copy-as-killed.ts'
import { SECRET, temporaryFolder } from './temporary-folder.ts'
import { copyDirectory } from './copy-directory.ts'

/** Every file below a directory, with its content and its times: a store that is only read keeps them all. */
function fingerprint(path: string): ReadonlyMap<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()
  return new Map(
    names.map((name) => {
      const stats = lstatSync(join(path, name))
      const content = stats.isFile() ? readFileSync(join(path, name)) : ''
      const hash = createHash('sha256').update(content).digest('hex')
      return [name, `${stats.ino} ${stats.mtimeMs} ${stats.mode} ${hash}`]
    }),
  )
}

// Of its own: others on this machine make views too, which are counted here.
const temporary = mkdtempSync(join(tmpdir(), 'forge-read-only-'))
vi.stubEnv('TMPDIR', temporary)
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(temporary, { recursive: true })
})

const views = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith('forge-view-')).length

async function filled(options: ForgeOptions): Promise<Forge> {
  const forge = await Forge.open(options)
  await forge.settings.set('ui.theme', 'dark')
  await forge.vault.set('db/password', 'hidden')
  await forge.logs.append(Array.from({ length: 200 }, (_, n) => ({ topic: 'app', message: `line ${n}` })))
  await forge.logs.compact()
  await forge.flush()
  await forge.events.append({ topic: 'orders', payload: { id: 7 } })
  return forge
}

async function expectReadable(path: string, options: ForgeOptions): Promise<void> {
  const before = fingerprint(path)
  const viewsBefore = views()
  const forge = await Forge.open({ ...options, path, readOnly: true })
  expect(forge.health()).toMatchObject({ state: 'readonly', reasons: [{ code: 'STORE_READ_ONLY' }] })
  expect(await forge.settings.get('ui.theme')).toBe('dark')
  expect((await forge.logs.search('line').toArray()).length).toBe(200)
  const orders = await forge.events.read({ topic: 'orders' }).toArray()
  expect(orders.map(({ payload }) => payload)).toEqual([{ id: 7 }])
  expect((await Array.fromAsync(forge.audit.query({ act: 'events.append' }))).length).toBe(1)
  const { ok, problems, notices } = await forge.verify()
  expect([ok, problems, notices.map(({ code }) => code)]).toEqual([true, [], ['STORE_READ_ONLY']])
  for (const write of [
    () => forge.settings.set('ui.theme', 'light'),
    () => forge.logs.append({ topic: 'app', message: 'no' }),
    () => forge.audit.checkpoint(),
    () => forge.keys.rotate(),
    // A reading that is told of by a commit.
    () => forge.vault.get('db/password'),
  ])
    await expect(write()).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
  await forge.close()
  expect(fingerprint(path)).toEqual(before)
  expect(views()).toBe(viewsBefore)
}

test('a store that is opened only to be read shows what is there, and no byte of it is changed', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 2 }
  const forge = await filled(options)
  // As a kill leaves it.
  const killed = join(folder.path, 'killed')
  await copyAsKilled(options.path, killed)
  await expect(Forge.open({ ...options, readOnly: true })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await forge.close()
  await expectReadable(options.path, options)
  await expectReadable(killed, options)
  // Whatever was read, it is the store it was.
  const again = await Forge.open(options)
  expect([again.health().state, (await again.verify()).problems]).toEqual(['healthy', []])
  await again.close()
})

test('what cannot be opened is refused in the same words, and leaves no view', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  await (await filled(options)).close()
  const before = views()
  const nowhere = join(folder.path, 'nowhere')
  await expect(Forge.open({ ...options, path: nowhere, readOnly: true })).rejects.toMatchObject({
    code: 'STORE_NOT_FOUND',
  })
  expect(existsSync(nowhere)).toBe(false)
  const wrong = { key: new Uint8Array(32).fill(6) }
  await expect(Forge.open({ ...options, secret: wrong, readOnly: true })).rejects.toMatchObject({
    code: 'KEY_SECRET_WRONG',
  })
  const acceptance = { reason: 'no' }
  for (const contradiction of [{ acceptRollback: acceptance }, { create: 'always' as const }])
    await expect(Forge.open({ ...options, ...contradiction, readOnly: true })).rejects.toMatchObject({
      code: 'STORE_OPTION_INVALID',
    })
  writeFileSync(join(options.path, 'FORGE'), 'x')
  await expect(Forge.open({ ...options, readOnly: true })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  expect(views()).toBe(before)
})

test.each([
  'keyring',
  'keyring.copy',
  'FORGE',
  'IMAGE',
  'creating',
  'restoring',
  'lock',
  'journal/flush-point',
  'journal',
])(
  'a pipe, a directory or an endless file in place of %s ends in a code, or the store is read without it',
  async (name) => {
    await using folder = await temporaryFolder()
    const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
    await (await filled(options)).close()
    const before = views()
    const victim = join(folder.path, 'victim')
    const strangers: Readonly<Record<string, (path: string) => void>> = {
      pipe: (path) => execFileSync('mkfifo', [path]),
      directory: (path) => mkdirSync(path),
      endless: (path) => {
        writeFileSync(path, '')
        truncateSync(path, 3 * 2 ** 30)
      },
    }
    for (const [kind, make] of Object.entries(strangers)) {
      rmSync(victim, { recursive: true, force: true })
      copyDirectory(options.path, victim)
      rmSync(join(victim, name), { recursive: true, force: true })
      make(join(victim, name))
      const opened = await Forge.open({ ...options, path: victim, readOnly: true }).catch(
        (error: unknown) => error,
      )
      if (opened instanceof Forge) {
        expect(await opened.settings.get('ui.theme'), kind).toBe('dark')
        await opened.close()
      } else
        expect(opened, kind).toMatchObject({ code: expect.stringMatching(/^(?!INTERNAL|IO_FAILED)[A-Z_]+$/) })
    }
    expect(views()).toBe(before)
  },
)

test('a lock that nobody holds does not keep a reader out', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  await (await filled(options)).close()
  const lock = join(options.path, 'lock')
  writeFileSync(lock, JSON.stringify({ nonce: '0'.repeat(32), pid: 12_345, bootId: 'x', host: 'elsewhere' }))
  await expect(Forge.open({ ...options, readOnly: true })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  utimesSync(lock, 1, 1)
  await (await Forge.open({ ...options, readOnly: true })).close()
})

test('a reader is told that somebody has opened the store since, and never that it is damaged', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  await (await filled(options)).close()
  const reader = await Forge.open({ ...options, readOnly: true })
  const writer = await Forge.open(options)
  await expect(reader.verify()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await writer.logs.append({ topic: 'app', message: 'more' })
  await writer.logs.compact()
  await writer.flush()
  await writer.close()
  await expect(reader.verify()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await reader.close()
})

test('views whose process was killed are removed by the next, and those of others stay', async () => {
  await using folder = await temporaryFolder()
  const options = { path: join(folder.path, 'data'), secret: SECRET, shardCount: 1 }
  await (await filled(options)).close()
  const left = await mkdtemp(join(tmpdir(), 'forge-view-'))
  const other = await mkdtemp(join(tmpdir(), 'forge-view-'))
  const reader = await Forge.open({ ...options, readOnly: true })
  const own = readdirSync(tmpdir())
    .filter((name) => name.startsWith('forge-view-'))
    .map((name) => join(tmpdir(), name, 'view-owner'))
    .find((path) => existsSync(path) && readFileSync(path, 'utf8').includes(`"pid":${process.pid}`))!
  // As a process leaves it that was killed: the number is taken by none.
  const owner = readFileSync(own, 'utf8').replace(`"pid":${process.pid}`, '"pid":4194305')
  writeFileSync(join(left, 'view-owner'), owner)
  await (await Forge.open({ ...options, readOnly: true })).close()
  expect([existsSync(left), existsSync(other), existsSync(own)]).toEqual([false, true, true])
  await reader.close()
  rmSync(other, { recursive: true })
})
