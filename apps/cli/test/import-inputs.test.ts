/** What `logs import` takes, and that every byte of it comes back. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { SeededRandom } from '@forgeone/common'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createStore, runForge, temporaryFolder, type RunResult } from './run-forge.ts'

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
