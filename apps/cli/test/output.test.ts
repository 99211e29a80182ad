/** Field names, exit codes of good runs, and where output goes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import {
  createStore,
  finish,
  openByPassphrase,
  type RunResult,
  SECRET,
  startForge,
  temporaryFolder,
} from './run-forge.ts'

openByPassphrase()

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  await createStore(folder.path)
  const lines = Array.from(
    { length: 20_000 },
    (_, n) => `2026-01-01T00:00:00Z ${n % 2 === 0 ? 'INFO' : 'ERROR'} request ${n}\n`,
  )
  await writeFile(join(folder.path, 'app.log'), lines.join(''))
  await forge(['logs', 'import', 'app.log'])
})
afterAll(() => folder[Symbol.asyncDispose]())

async function forge(words: readonly string[]): Promise<RunResult> {
  return await runForge(words, { cwd: folder.path, env: { FORGE_DATA: 'data' } })
}

it('search prints one entry a line, with the names of the model', async () => {
  const { code, stdout, stderr } = await forge([
    'logs',
    'search',
    'severity:error request | limit 2',
    '--json',
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(2)
  const entry: unknown = JSON.parse(lines[0]!)
  expect(entry).toEqual({
    id: expect.any(String),
    topic: 'app',
    timestamp: Date.UTC(2026, 0, 1),
    severity: 'error',
    message: '2026-01-01T00:00:00Z ERROR request 1',
    metadata: {},
    contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

it('stats, topics and verify have the documented fields', async () => {
  const topic = {
    topic: 'app',
    count: 20_000,
    rawBytes: expect.any(Number),
    storedBytes: expect.any(Number),
    first: Date.UTC(2026, 0, 1),
    last: Date.UTC(2026, 0, 1),
  }
  const stats: unknown = JSON.parse((await forge(['stats', '--json'])).stdout)
  expect(stats).toMatchObject({
    bytesOnDisk: expect.any(Number),
    commits: expect.any(Number),
    topics: [topic],
  })
  expect(JSON.parse((await forge(['topics', 'app', '--json'])).stdout)).toMatchObject(topic)
  const verify: unknown = JSON.parse((await forge(['verify', '--json'])).stdout)
  expect(verify).toMatchObject({ ok: true, checked: expect.any(Number), problems: [] })
})

it('a reader that goes away ends the command quietly and leaves a clean store', async () => {
  const child = startForge(['logs', 'export'], { cwd: folder.path, env: { FORGE_DATA: 'data' } })
  child.stdout!.once('data', () => child.stdout!.destroy())
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('exit', (...ends) => resolve(ends)),
  )
  expect([code, signal]).toEqual([0, null])
  expect(child.stderr!.read()).toBeNull()
  expect((await forge(['doctor'])).code).toBe(0)
})

it('tail shows the latest entries, none with -n 0, and says so when there are none', async () => {
  const tail = await forge(['logs', 'tail', '-n', '2'])
  expect(
    tail.stdout
      .trim()
      .split('\n')
      .map((line) => line.slice(-13)),
  ).toEqual(['request 19998', 'request 19999'])
  expect(await forge(['logs', 'tail', '-n', '0'])).toMatchObject({ code: 0, stdout: '' })
  expect(await forge(['logs', 'tail', 'nothing.here'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'no entries\n',
  })
})

it('quiet leaves out notes, and nothing is coloured where nobody looks', async () => {
  const { stdout, stderr } = await forge(['logs', 'search', 'request | limit 1', '--quiet'])
  expect(stderr).toBe('')
  expect(stdout).toBe('2026-01-01T00:00:00.000Z INFO     app 2026-01-01T00:00:00Z INFO request 0\n')
})

it('global options may stand before the command', async () => {
  const { code, stdout } = await runForge(['--data', 'data', '--json', 'keys', 'status'], {
    cwd: folder.path,
  })
  expect(code).toBe(0)
  const keys: unknown = JSON.parse(stdout)
  expect(keys).toMatchObject({
    revision: expect.any(Number),
    slots: [{ kind: 'passphrase' }],
    keys: expect.any(Array),
  })
})

it('settings are set, read, listed and deleted', async () => {
  expect((await forge(['settings', 'set', 'ui.limits', '{"users":50}'])).code).toBe(0)
  expect((await forge(['settings', 'get', 'ui.limits'])).stdout).toBe('{"users":50}\n')
  const listed: unknown = JSON.parse((await forge(['settings', 'list', 'ui.', '--json'])).stdout)
  expect(listed).toMatchObject({ name: 'ui.limits', value: { users: 50 }, version: 1 })
  expect((await forge(['settings', 'delete', 'ui.limits'])).code).toBe(0)
  expect((await forge(['settings', 'get', 'ui.limits'])).code).toBe(3)
})

it('a second process is told who holds the store', async () => {
  const holder = startForge(['logs', 'import', '-', '--data', 'data'], { cwd: folder.path })
  const lock = join(folder.path, 'data', 'lock')
  while (
    await readFile(lock).then(
      () => false,
      () => true,
    )
  )
    await new Promise((resolve) => setTimeout(resolve, 20))
  const { code, stderr } = await forge(['stats'])
  expect(code).toBe(1)
  expect(stderr).toMatch(new RegExp(`pid ${holder.pid}.*STORE_LOCKED`))
  expect((await finish(holder)).code).toBe(0)
})

it('the secret is in no argument, no output and no file of the store', async () => {
  await mkdir(join(folder.path, 'private'))
  const file = join(folder.path, 'private', 'secret')
  await writeFile(file, `${SECRET}\n`, { mode: 0o600 })
  const child = startForge(['logs', 'import', '-', '--data', 'data', '--secret-file', file], {
    cwd: folder.path,
    env: { FORGE_SECRET: undefined },
  })
  expect(child.spawnargs.join(' ')).not.toContain(SECRET)
  const imported = await finish(child, 'a line\n')
  const other = join(folder.path, 'private', 'other')
  await writeFile(other, 'another passphrase of somebody\n', { mode: 0o600 })
  const wrong = await runForge(['stats', '--data', 'data', '--secret-file', other], {
    cwd: folder.path,
    env: { FORGE_DEBUG: '1' },
  })
  expect([imported.code, wrong.code]).toEqual([0, 4])
  for (const { stdout, stderr } of [imported, wrong])
    expect(stdout + stderr).not.toMatch(/correct horse|request 0/)
})
