import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyStore } from '../src/index.ts'
import {
  bareKey,
  changeFile,
  copyAsAfterKill,
  countBare,
  filesOf,
  fillStore,
  hazardFolder,
  openBare,
  openStore,
  removeFolder,
} from './hazards.ts'
import { DATABASES, readRows, sortedRows, type Rows } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const ROWS = 200
const LOG_BLOCK_BYTES = 32 * 1024

/** In the third block, so that good records lie on both sides. */
const DAMAGES: readonly (readonly [string, (bytes: Buffer) => void])[] = [
  ['a flipped bit', (bytes) => void (bytes[2 * LOG_BLOCK_BYTES + 9000]! ^= 1)],
  ['a zeroed block', (bytes) => void bytes.fill(0, 2 * LOG_BLOCK_BYTES, 3 * LOG_BLOCK_BYTES)],
]

const bare = join(folder, 'bare')
const killed = join(folder, 'killed')
let rows: Rows

beforeAll(async () => {
  const level = await openBare(bare)
  for (let index = 0; index < ROWS; index++) await level.put(bareKey(index), '.'.repeat(1000))
  await level.close()
  const path = join(folder, 'store')
  await using store = await openStore(path)
  await fillStore(store, { from: 0, count: ROWS })
  rows = await readRows(store)
  await copyAsAfterKill(store, path, killed)
})

test.each(DAMAGES)('bare LevelDB skips log records after %s and reports no error', async (what, damage) => {
  const path = join(folder, `bare ${what}`)
  cpSync(bare, path, { recursive: true })
  changeFile(filesOf(path, '.log')[0]!, damage)
  const level = await openBare(path)
  const keys = await level.keys().all()
  expect(keys.length).toBeLessThan(ROWS)
  expect(keys, 'rows behind the damage are there').toContain(bareKey(ROWS - 1))
  await level.close()
})

test.each(DAMAGES)('a store replays from its journal what %s took from the logs', async (what, damage) => {
  const path = join(folder, `store ${what}`)
  cpSync(killed, path, { recursive: true })
  for (const name of DATABASES) changeFile(filesOf(join(path, name), '.log')[0]!, damage)
  // The damage bites: without the journal rows would be missing.
  cpSync(join(path, 'alpha'), join(folder, `alone ${what}`), { recursive: true })
  expect(await countBare(join(folder, `alone ${what}`))).toBeLessThan(ROWS)
  const store = await openStore(path)
  expect(store.recovery.commitsReplayed).toBeGreaterThanOrEqual(ROWS)
  expect(store.recovery.damagedLogs.map((log) => log.split('/')[0])).toEqual(DATABASES)
  expect(sortedRows(await readRows(store))).toEqual(sortedRows(rows))
  expect((await verifyStore(store)).problems).toEqual([])
  // LevelDB never met it.
  expect(readFileSync(join(path, 'alpha', 'LOG'), 'utf8')).not.toMatch(/dropping \d+ bytes|Recovering log/)
  await store.close()
})
