import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'forgeone-bench-test-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

test('one run of cache-trace gives rows for each trace that is named', async () => {
  writeFileSync(join(directory, 'loop.trace'), '1\n2\n1\n2\n')
  writeFileSync(join(directory, 'blocks.lis'), '7 1 0 0\n7 1 0 1\n7 1 0 2\n8 1 0 3\n')
  const json = join(directory, 'rows.json')
  const traces = ['loop.trace', 'blocks.lis'].flatMap((name) => ['--trace', join(directory, name)])
  const rest = ['--policy', 'lru', '--entries', '1,2', '--json', json]
  await promisify(execFile)(process.execPath, [...process.execArgv, MAIN, 'cache-trace', ...traces, ...rest])
  const { rows } = JSON.parse(readFileSync(json, 'utf8'))
  expect(rows.map(({ metric, value }: { metric: string; value: number }) => ({ metric, value }))).toEqual([
    { metric: 'loop.trace 1', value: 0 },
    { metric: 'loop.trace 2', value: 50 },
    { metric: 'blocks.lis 1', value: 50 },
    { metric: 'blocks.lis 2', value: 50 },
  ])
})
