import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fatImage } from '../src/caches/fat-image.ts'
import { freshMs, measureImage } from '../src/workloads/cache-images.ts'

let directory = ''
let image = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'forgeone-bench-test-'))
  image = join(directory, 'image.img')
  writeFileSync(image, fatImage({ bytes: 1024 * 1024, entries: 10 }))
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

test('an image is measured uncached, from disk and from memory, each kind of hit against its like', async () => {
  const rows = await measureImage({ operation: 'listing', contents: '1M/10', image, directory, runs: 1 })
  const medians = rows.filter(({ metric }) => metric === 'listing 1M/10')
  expect(medians.map(({ engine }) => engine)).toEqual(['cold', 'warm', 'fresh', 'disk', 'memory'])
  const [, warm, fresh, disk, memory] = medians
  expect(disk!.ratio).toBe(fresh!.value / disk!.value)
  expect(memory!.ratio).toBe(warm!.value / memory!.value)
  for (const { engine, value } of rows) expect([engine, value > 0]).toEqual([engine, true])
})

test.each(['zones', 'listing', 'hash'] as const)(
  'a fresh process finds the %s that another one cached, and no measure of a hit is one of a miss',
  async (operation) => {
    const asked = { dbPath: join(directory, `cache of ${operation}`), image, operation }
    await expect(freshMs({ ...asked, isCached: true })).rejects.toThrow('was not in the cache')
    expect(await freshMs({ ...asked, isCached: true })).toBeGreaterThan(0)
    await expect(freshMs({ ...asked, isCached: false })).rejects.toThrow('was in the cache')
  },
)
