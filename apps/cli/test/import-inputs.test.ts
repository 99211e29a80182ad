/** What `logs import` takes, and that every byte of it comes back. */
import { lstat, cp, link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { SeededRandom } from '@forgeone/common'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, startForge, temporaryFolder, type RunResult } from './run-forge.ts'

const SYSLOG = 'Jan  3 04:05:06 web1 sshd[12]: accepted\nJan  3 04:05:07 web1 sshd[12]: closed\n'
const ACCESS = '10.0.0.1 - - [03/Jan/2026:04:05:06 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8"\n'.repeat(3)
const JSONL = '{"time":"2026-01-03T04:05:06Z","level":"warn","msg":"slow"}\n'.repeat(3)
const ISO = '2026-01-03T04:05:06Z INFO one\r\n2026-01-03T04:05:07Z INFO two\r\nlast without an end'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let binary: Uint8Array

beforeAll(async () => {
  folder = await temporaryFolder()
  const random = new SeededRandom(7)
  binary = Uint8Array.from({ length: 50_000 }, () => random.below(256))
  await createStore(folder.path)
  await mkdir(join(folder.path, 'logs', 'deep'), { recursive: true })
  const files: [string, string | Uint8Array][] = [
    ['logs/system.log', SYSLOG],
    ['logs/deep/access.log.2.gz', gzipSync(ACCESS)],
    ['logs/service.jsonl.zst', zstdCompressSync(JSONL)],
    ['iso.log', ISO],
    ['binary.log', binary],
    ['empty.log', ''],
    ['plain.log', 'no time here\n\nat all\n'],
  ]
  for (const [name, content] of files) await writeFile(join(folder.path, name), content)
})
afterAll(() => folder[Symbol.asyncDispose]())

async function forge(words: readonly string[], input?: string): Promise<RunResult> {
  return await runForge([...words, '--data', 'data'], {
    cwd: folder.path,
    ...(input === undefined ? {} : { input }),
  })
}

it('a directory is walked, compressed files are opened, and each format is named', async () => {
  const { code, stderr } = await forge(['logs', 'import', 'logs', '--year', '2026'])
  expect(code).toBe(0)
  expect(stderr).toMatch(/system\.log -> system: 2 lines.*format syslog/)
  expect(stderr).toMatch(/access\.log\.2\.gz -> deep\.access: 3 lines.*format access/)
  expect(stderr).toMatch(/service\.jsonl\.zst -> service: 3 lines.*format jsonl/)
  expect(stderr).toMatch(/8 lines, .* in .*lines\/s\); the store takes/)
  expect((await forge(['logs', 'export', 'deep.access', '--raw'])).stdout).toBe(ACCESS)
})

it('a glob, undecodable bytes, an empty file and lines without a time are kept as they are', async () => {
  const { code, stdout } = await forge(['logs', 'import', '*.log', '--json'])
  expect(code).toBe(0)
  const report: unknown = JSON.parse(stdout)
  expect(report).toMatchObject({
    lines: expect.any(Number),
    rawBytes: expect.any(Number),
    seconds: expect.any(Number),
    linesPerSecond: expect.any(Number),
    bytesOnDisk: expect.any(Number),
    files: [
      { topic: 'binary' },
      { topic: 'empty', lines: 0 },
      { topic: 'iso', lines: 3 },
      { topic: 'plain', lines: 3 },
    ],
  })
  expect(Buffer.from((await forge(['logs', 'export', 'binary', '--raw'])).bytes).equals(binary)).toBe(true)
  expect((await forge(['logs', 'export', 'iso', '--raw'])).stdout).toBe(ISO)
  expect((await forge(['logs', 'export', 'plain', '--raw'])).stdout).toBe('no time here\n\nat all\n')
})

it('a second import finds nothing new, then what was added, and --again takes all', async () => {
  const path = join(folder.path, 'grows.log')
  await writeFile(path, '2026-01-03T04:05:06Z one\n')
  expect((await forge(['logs', 'import', 'grows.log'])).stderr).toContain('1 line,')
  expect((await forge(['logs', 'import', 'grows.log'])).stderr).toContain('nothing new')
  await writeFile(path, '2026-01-03T04:05:06Z one\n2026-01-03T04:05:07Z two\n')
  expect((await forge(['logs', 'import', 'grows.log'])).stderr).toMatch(/1 line,.*went on at 25 B/)
  expect((await forge(['logs', 'import', 'grows.log', '--again'])).stderr).toContain('2 lines,')
  expect((await forge(['logs', 'search', 'topic:grows', '--count'])).stdout).toBe('4\n')
})

it('standard input is imported, and a file is written with --output', async () => {
  const { code, stderr } = await forge(['logs', 'import', '-', '--topic', 'piped'], ISO)
  expect(code).toBe(0)
  expect(stderr).toContain('standard input -> piped: 3 lines')
  expect((await forge(['logs', 'export', 'piped', '--raw', '-o', 'out.log'])).stderr).toContain('wrote')
})

it('a file that cannot be read does not keep the others out', async () => {
  const broken = gzipSync('2026-01-03T04:05:06Z one\n'.repeat(100)).subarray(0, 30)
  await writeFile(join(folder.path, 'broken.gz'), broken)
  await writeFile(join(folder.path, 'whole.txt'), '2026-01-03T04:05:06Z fine\n')
  const { code, stderr } = await forge(['logs', 'import', 'broken.gz', 'whole.txt'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/broken.*INPUT_UNREADABLE/s)
  expect((await forge(['logs', 'search', 'topic:whole', '--count'])).stdout).toBe('1\n')
})

it('events come back from their export', async () => {
  const lines =
    '{"topic":"orders.a","payload":{"n":1},"priority":"high"}\n{"topic":"orders.b","payload":{"n":2}}\n'
  expect((await forge(['events', 'import', '-'], lines)).code).toBe(0)
  const appended = await forge([
    'events',
    'append',
    'orders.a',
    '{"n":3}',
    '--metadata',
    '{"by":"test"}',
    '--json',
  ])
  const receipt: unknown = JSON.parse(appended.stdout)
  expect(receipt).toEqual({
    id: expect.any(String),
    position: expect.stringMatching(/^p\d+\.\d+\.\d+$/),
    sequence: expect.any(Number),
    version: 2,
  })
  const exported = await forge(['events', 'export', 'orders.>'])
  expect(exported.stdout.trim().split('\n')).toHaveLength(3)
  const found = await forge(['events', 'read', '--query', 'payload.n:>2', '--json'])
  const event: unknown = JSON.parse(found.stdout)
  expect(event).toMatchObject({
    topic: 'orders.a',
    payload: { n: 3 },
    metadata: { by: 'test' },
    priority: 'normal',
  })
})

it('a log that is rotated, compressed and begun anew is stored once, the oldest piece first', async () => {
  const directory = join(folder.path, 'rotated')
  await mkdir(directory)
  const banner = 'server starting v1\n'
  const day = (n: number): string => `${banner}2026-01-0${n}T04:05:06Z INFO day ${n}\n`
  const at = (name: string): string => join(directory, name)
  await writeFile(at('access.log'), day(1))
  expect((await forge(['logs', 'import', 'rotated'])).stderr).toContain('2 lines, ')
  await rename(at('access.log'), at('access.log.1'))
  await writeFile(at('access.log'), day(2))
  expect((await forge(['logs', 'import', 'rotated'])).stderr).toMatch(
    /log\.1 .*nothing new.*log -> access: 2/s,
  )
  await writeFile(at('access.log.3.gz'), gzipSync(day(1)))
  await rename(at('access.log'), at('access.log.2'))
  await rm(at('access.log.1'))
  await writeFile(at('access.log.1'), day(3))
  await writeFile(at('access.log'), `${day(4)}cut off`)
  // A compressor at work, and another name of the same file.
  await writeFile(at('access.log.1.gz'), gzipSync(day(3)).subarray(0, 30))
  await link(at('access.log'), at('access.log.same'))
  const last = await forge(['logs', 'import', 'rotated'])
  expect([last.code, last.stderr]).toEqual([0, expect.stringMatching(/3\.gz.*\.2 .*\.1 .*access\.log /s)])
  const written = [1, 2, 3, 4].map(day).join('')
  expect((await forge(['logs', 'export', 'access', '--raw'])).stdout).toBe(`${written}cut off`)
  await writeFile(at('access.log'), `${day(4)}cut off, and on\n`)
  await forge(['logs', 'import', 'rotated'])
  expect((await forge(['logs', 'export', 'access', '--raw'])).stdout).toBe(`${written}cut off, and on\n`)
})

it('a directory that cannot be listed, and what is not text, are a line each; links are files', async () => {
  const directory = join(folder.path, 'mixed')
  await mkdir(directory)
  await writeFile(join(directory, 'utf16.log'), Buffer.from('\ufeffone\n', 'utf16le'))
  await writeFile(
    join(directory, 'unmarked.log'),
    Buffer.from('2026-01-03 04:05:06 INFO one\n'.repeat(3), 'utf16le'),
  )
  await cp(join(folder.path, 'data'), join(directory, 'a-store'), { recursive: true })
  await writeFile(join(directory, 'archive.xz'), Buffer.from('fd377a585a000004', 'hex'))
  await writeFile(join(folder.path, 'elsewhere.txt'), '2026-01-03T04:05:06Z linked\n')
  await symlink(join(folder.path, 'elsewhere.txt'), join(directory, 'linked.log'))
  await symlink(directory, join(directory, 'circle'))
  await symlink(join(folder.path, 'nowhere'), join(directory, 'dangling'))
  const { code, stderr } = await forge(['logs', 'import', 'mixed'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/utf16.*UTF-16.*left out/)
  expect(stderr).toMatch(/unmarked.*zeros between its bytes.*left out/)
  expect(stderr).toMatch(/a-store is a store; it is left out/)
  expect(stderr).not.toContain('keyring')
  expect(stderr).toMatch(/xz.*left out/)
  expect(stderr).toContain('linked: 1 line')
  expect((await forge(['logs', 'search', 'topic:linked', '--count'])).stdout).toBe('1\n')
})

it('a pipe that goes on keeps what came within a second', async () => {
  const child = startForge(['logs', 'import', '-', '--topic', 'live', '--data', 'data'], { cwd: folder.path })
  child.stdin!.write('2026-01-03T04:05:06Z INFO one line\n')
  const isKept = async (): Promise<boolean> => {
    const copy = join(folder.path, `live-${Math.random()}`)
    await cp(join(folder.path, 'data'), copy, {
      recursive: true,
      filter: async (source) => !(await lstat(source)).isSocket(),
    })
    await rm(join(copy, 'lock'), { force: true })
    const { stdout } = await runForge(['logs', 'search', 'topic:live', '--count', '--data', copy], {
      cwd: folder.path,
    })
    return stdout === '1\n'
  }
  try {
    await expect.poll(isKept, { timeout: 60_000, interval: 1000 }).toBe(true)
  } finally {
    child.kill('SIGKILL')
  }
})

it('an archive with something else behind it keeps all of its lines, counts them, and says that only the rest is left out', async () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `2026-01-03T04:05:06Z INFO line ${n}\n`).join('')
  const archive = Buffer.concat([gzipSync(lines), Buffer.from('garbage\n')])
  await writeFile(join(folder.path, 'behind.log.gz'), archive)
  const { code, stderr } = await forge(['logs', 'import', 'behind.log.gz'])
  expect(code).toBe(1)
  expect(stderr).toContain('the rest of it is left out')
  expect(stderr).toMatch(/^20,000 lines, [\d.]+ KiB in /m)
  expect((await forge(['logs', 'export', 'behind', '--raw'])).stdout === lines).toBe(true)
})
