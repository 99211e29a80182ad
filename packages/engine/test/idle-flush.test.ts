import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LocalStore } from '../src/index.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-idle-'))
afterAll(() => rmSync(folder, { recursive: true }))

function journalBytes(path: string): number {
  const journal = join(path, 'journal')
  return readdirSync(journal).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0)
}

test('a store that rests keeps nothing in its journal that is in tables, and no room for frames to come', async () => {
  const path = join(folder, 'rests')
  const options = { path, databases: DATABASES, provider: testProvider(), idleFlushMs: 100 }
  const store = await LocalStore.open(options)
  const write = (value: string): Promise<unknown> =>
    store.commit(({ sequence }) => ({ facts: FACTS, operations: [put('alpha', `k${sequence}`, value)] }))
  for (let n = 0; n < 300; n++) await write('v'.repeat(500))
  await expect.poll(() => journalBytes(path), { timeout: 120_000 }).toBeLessThan(8 * 1024)
  // It is counted once the journal was trimmed.
  const flushPoints = (): number => store.metrics.counter('flush_points_total')
  await expect.poll(flushPoints, { timeout: 120_000 }).toBeGreaterThan(0)
  const flushes = flushPoints()
  // What is not worth it waits: nothing is flushed for the flush point's own words either.
  await write('small')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(flushPoints()).toBe(flushes)
  await store.close()
  const again = await LocalStore.open(options)
  expect(again.recovery.cleanClose).toBe(true)
  await again.close()
})
