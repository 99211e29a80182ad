import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const run = promisify(execFile)
const program = join(import.meta.dirname, '../src/clean-dist.ts')
const BUILT = ['src/a.ts', 'src/deep/b.ts', 'src/by-hand.d.ts']
const DIST = ['.tsbuildinfo', 'a.d.ts', 'a.js', 'deep/b.d.ts', 'deep/b.js']
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forge-dist-'))
  for (const path of [...BUILT, ...DIST.map((name) => `dist/${name}`)]) await put(path)
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('what is built from sources that are there stays as it is', async () => {
  const before = (await stat(join(folder, 'dist/a.js'))).mtimeMs
  await clean()
  expect(await inDist()).toEqual(DIST)
  expect((await stat(join(folder, 'dist/a.js'))).mtimeMs).toBe(before)
})

test('what a source made that is gone is removed, in folders too', async () => {
  for (const path of ['dist/gone.js', 'dist/gone.d.ts', 'dist/deep/gone.js', 'dist/left/c.js'])
    await put(path)
  expect(await clean()).toContain('removed dist/deep/gone.js')
  expect(await inDist()).toEqual(DIST)
})

test('a build that left something out fails and says what to do', async () => {
  await rm(join(folder, 'dist/deep/b.js'))
  await expect(clean()).rejects.toThrow('dist lacks deep/b.js: remove dist/.tsbuildinfo and build again')
})

async function put(path: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), '')
}

async function clean(): Promise<string> {
  return (await run(process.execPath, [program], { cwd: folder })).stdout
}

async function inDist(): Promise<readonly string[]> {
  const entries = await readdir(join(folder, 'dist'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + '/dist/'.length))
    .sort()
}
