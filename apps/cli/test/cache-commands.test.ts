import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { temporaryFolder } from './run-forge.ts'

const GOLDEN = join(import.meta.dirname, '../../../packages/images/test/golden/fat12.img.gz')
const STORE = ['--data', 'data', '--key-file', 'key']

test('the cache tells what it takes, forgets it, and leaves one fact for each sweep or clearing', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  const forge = async (...words: readonly string[]) => await runForge([...words, ...STORE], { cwd })
  writeFileSync(join(cwd, 'key'), new Uint8Array(32).fill(5), { mode: 0o600 })
  writeFileSync(join(cwd, 'disk.img'), gunzipSync(readFileSync(GOLDEN)))
  utimesSync(join(cwd, 'disk.img'), 1_600_000_000, 1_600_000_000)
  expect(await forge('cache', 'stats')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('STORE_NOT_FOUND'),
  })
  expect((await runForge(['init', ...STORE.slice(1)], { cwd })).code).toBe(0)
  expect((await forge('image', 'ls', 'disk.img')).code).toBe(0)
  const before = JSON.parse((await forge('cache', 'stats', '--json')).stdout)
  expect(before).toMatchObject({ mode: 'persistent', diskErrors: 0 })
  expect(before.diskBytes).toBeGreaterThan(100)
  const swept = await forge('cache', 'cleanup')
  expect([swept.code, swept.stderr]).toEqual([0, expect.stringMatching(/^0 entries removed, 0 B, /)])
  expect(JSON.parse((await forge('cache', 'clear', '--json')).stdout)).toEqual({ cleared: true })
  const after = await forge('cache', 'stats')
  expect(after.stdout).toMatch(/stored +0 B\nevicted +0\nlast cleanup +20/)
  const { stdout } = await forge('audit', 'list', '--json')
  expect(stdout.match(/cache\.[a-z]+/g)).toEqual(['cache.swept', 'cache.invalidated'])
})
