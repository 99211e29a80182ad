/** Compaction, tables, histograms, topics, retention and `top`, as processes of their own on one store. */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, finish, startForge, temporaryFolder, type RunResult } from './run-forge.ts'

const LINES = 20_000
let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  await createStore(folder.path)
  const start = Date.UTC(2026, 0, 1)
  const lines = Array.from({ length: LINES }, (_, n) => {
    const time = new Date(start + n * 1000).toISOString()
    return `${time} ${n % 4 === 0 ? 'ERROR' : 'INFO'} request ${n} from 10.0.${n % 7}.${n % 251} took ${n % 90} ms\n`
  })
  await writeFile(join(folder.path, 'app.log'), lines.join(''))
  await writeFile(join(folder.path, 'old.log'), lines.slice(0, 2000).join(''))
  await forge(['logs', 'import', 'app.log', 'old.log'])
})
afterAll(() => folder[Symbol.asyncDispose]())

async function forge(words: readonly string[]): Promise<RunResult> {
  return await runForge(words, { cwd: folder.path, env: { FORGE_DATA: 'data' } })
}

async function json(words: readonly string[]): Promise<unknown[]> {
  const { stdout, stderr, code } = await forge([...words, '--json'])
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

test('compact ends with its figures, and the log comes back byte for byte', async () => {
  const [before] = (await json(['stats'])) as [{ bytesOnDisk: number }]
  const [figures] = (await json(['logs', 'compact'])) as [Record<string, number>]
  expect(Object.keys(figures)).toEqual([
    'rawBytes',
    'blockBytes',
    'indexBytes',
    'bloomBytes',
    'bytesOnDisk',
    'seconds',
  ])
  expect(figures['bytesOnDisk']).toBeLessThan(before.bytesOnDisk)
  expect(figures['rawBytes']! / figures['blockBytes']!).toBeGreaterThan(10)
  const { bytes } = await forge(['logs', 'export', 'app', '--raw'])
  expect(Buffer.compare(bytes, await readFile(join(folder.path, 'app.log')))).toBe(0)
  const [report] = (await json(['verify'])) as [{ ok: boolean }]
  expect(report.ok).toBe(true)
})

test('a compaction that is interrupted leaves a store that verifies, and runs again', async () => {
  const child = startForge(['logs', 'compact', '--level', 'max'], {
    cwd: folder.path,
    env: { FORGE_DATA: 'data' },
  })
  setTimeout(() => child.kill('SIGKILL'), 600)
  await finish(child)
  const [report] = (await json(['verify'])) as [{ ok: boolean; counts: { entries: number } }]
  expect(report).toMatchObject({ ok: true, counts: { entries: LINES + 2000 } })
  await json(['logs', 'compact', '--level', 'max'])
  const [count] = (await json(['logs', 'search', 'request', '--count'])) as [{ count: number }]
  expect(count).toEqual({ count: LINES + 2000 })
})

test('search makes tables, and explains itself', async () => {
  expect(await json(['logs', 'search', 'topic:app | count by severity'])).toEqual([
    { severity: 'error', count: LINES / 4 },
    { severity: 'info', count: (LINES / 4) * 3 },
  ])
  const { stdout, stderr } = await forge(['logs', 'search', 'no_such_word | stats count()', '--explain'])
  expect(stdout).toMatch(/count\s+0/)
  expect(stderr).toMatch(/skipped by time.*by level.*by filter/)
})

test('search draws entries over time', async () => {
  const { stdout } = await forge(['logs', 'search', 'topic:app', '--histogram', '--step', '1h'])
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(6)
  expect(lines[0]).toMatch(/^2026-01-01T00:00:00.000Z\s+3,600\s+█+$/)
  const { code } = await forge(['logs', 'search', '*', '--histogram', '--step', 'often'])
  expect(code).toBe(2)
})

test('a topic is made, described, changed and removed', async () => {
  await json(['topics', 'create', 'users', '--stream', 'events', '--compact-by', '/metadata/key'])
  expect((await forge(['topics', 'create', 'users', '--stream', 'events'])).code).toBe(1)
  expect(await json(['topics', 'describe', 'users'])).toMatchObject([
    { stream: 'events', topic: 'users', count: 0, settings: { compactBy: '/metadata/key' }, groups: [] },
  ])
  await json(['topics', 'update', 'users', '--hold'])
  expect(await forge(['topics', 'delete', 'users', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('STREAM_HELD'),
  })
  await json(['topics', 'update', 'users', '--release'])
  expect(await forge(['topics', 'delete', 'users'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes'),
  })
  await json(['topics', 'delete', 'users', '--yes'])
  expect((await forge(['topics', 'describe', 'users'])).code).toBe(3)
})

test('renaming a topic is refused with the reason', async () => {
  expect(await forge(['topics', 'rename', 'app', 'web'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be renamed'),
  })
})

test('retention tells before it removes, and the room comes back', async () => {
  await json(['topics', 'retention', 'app', '--stream', 'logs', '--max-count', '100'])
  expect(await json(['topics', 'retention'])).toEqual([
    { stream: 'logs', pattern: 'app', retention: { maxCount: 100 } },
  ])
  const dry = await json(['topics', 'retain', '--dry-run'])
  expect(dry).toMatchObject([{ dryRun: true, removed: [{ topic: 'app', count: LINES - 100 }] }])
  const before = diskUsage()
  expect(await json(['topics', 'retain'])).toMatchObject([
    { dryRun: false, removed: [{ topic: 'app', count: LINES - 100 }] },
  ])
  expect(diskUsage()).toBeLessThan(before)
  const [count] = (await json(['logs', 'search', 'topic:app', '--count'])) as [{ count: number }]
  expect(count).toEqual({ count: 100 })
  expect((await forge(['topics', 'retention', 'app', '--stream', 'logs', '--max-age', 'soon'])).code).toBe(2)
  expect((await forge(['topics', 'retention', '--max-count', '1'])).code).toBe(2)
  expect((await forge(['topics', 'retention', 'none', '--stream', 'logs', '--remove'])).code).toBe(3)
})

/** Kilobytes as the file system counts them. */
function diskUsage(): number {
  return Number(execFileSync('du', ['-sk', join(folder.path, 'data')], { encoding: 'utf8' }).split('\t')[0])
}

test('top looks once where nobody watches', async () => {
  const { stdout, code } = await forge(['top'])
  expect(code).toBe(0)
  expect(stdout).toContain('forge top')
  expect(stdout).not.toContain('\u001B')
  expect(await json(['top', '--count', '2'])).toMatchObject([
    { state: 'healthy', entriesPerSecond: 0 },
    { state: 'healthy', topics: expect.arrayContaining([expect.objectContaining({ topic: 'old' })]) },
  ])
})
