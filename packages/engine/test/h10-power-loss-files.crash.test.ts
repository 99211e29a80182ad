import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { utf8Encode } from '@forgeone/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyStore } from '../src/index.ts'
import {
  bareKey,
  countBare,
  filesOf,
  fillStore,
  flushBare,
  hazardFolder,
  openBare,
  openStore,
  removeFolder,
} from './hazards.ts'
import { FACTS, put, readRows } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const ROWS = 60
const bare = join(folder, 'bare')
const closed = join(folder, 'closed')

const nulsInCurrent = (path: string): void => writeFileSync(join(path, 'CURRENT'), new Uint8Array(16))
const emptyTable = (path: string): void => truncateSync(filesOf(path, '.ldb')[0]!, 0)
const manifestOf = (path: string): string => join(path, readFileSync(join(path, 'CURRENT'), 'utf8').trim())
const shortManifest = (path: string): void =>
  truncateSync(manifestOf(path), readFileSync(manifestOf(path)).length - 10)

beforeAll(async () => {
  const level = await openBare(bare)
  for (let index = 0; index < ROWS; index++) {
    await level.put(bareKey(index), '.'.repeat(500))
    if (index === ROWS / 2 - 1) await flushBare(level)
  }
  await flushBare(level)
  await level.close()
  const store = await openStore(closed)
  await fillStore(store, { from: 0, count: ROWS / 2 })
  await store.flush()
  await fillStore(store, { from: ROWS / 2, count: ROWS / 2 })
  await store.close()
})

function copyOf(source: string, what: string): string {
  const path = join(folder, what)
  cpSync(source, path, { recursive: true })
  return path
}

test('bare LevelDB refuses a CURRENT of NULs', async () => {
  const path = copyOf(bare, 'bare CURRENT')
  nulsInCurrent(path)
  await expect(openBare(path)).rejects.toMatchObject({ cause: { code: 'LEVEL_CORRUPTION' } })
})

test('bare LevelDB opens with a table of zero bytes and fails only when a row of it is read', async () => {
  const path = copyOf(bare, 'bare table')
  emptyTable(path)
  await using level = await openBare(path)
  await expect(level.get(bareKey(0))).rejects.toThrow()
  expect(await level.get(bareKey(ROWS - 1))).toHaveLength(500)
})

test('bare LevelDB takes a short MANIFEST without an error, loses its rows and removes their table', async () => {
  const path = copyOf(bare, 'bare MANIFEST')
  shortManifest(path)
  expect(filesOf(path, '.ldb')).toHaveLength(2)
  expect(await countBare(path)).toBe(ROWS / 2)
  expect(filesOf(path, '.ldb')).toHaveLength(1)
})

test.each([
  ['NULs in CURRENT', nulsInCurrent, /CURRENT/],
  ['a table of zero bytes', emptyTable, /\d{6}\.ldb/],
  ['a short MANIFEST', shortManifest, /MANIFEST-\d{6}/],
  ['a MANIFEST of zero bytes', (path: string) => truncateSync(manifestOf(path), 0), /MANIFEST-\d{6}/],
])('with %s one database is offline, untouched, and the others serve', async (what, damage, names) => {
  const path = copyOf(closed, `store ${what}`)
  damage(join(path, 'alpha'))
  const before = filesOf(join(path, 'alpha'), '').map((file) => [file, readFileSync(file).length])
  const store = await openStore(path)
  expect(store.offlineDatabases).toEqual(['alpha'])
  const offline = { code: 'DATABASE_OFFLINE', message: expect.stringMatching(names) }
  await expect(store.get('alpha', utf8Encode(bareKey(0)))).rejects.toMatchObject(offline)
  expect((await readRows(store, ['beta', 'gamma'])).size).toBe(2 * ROWS)
  await store.commit(() => ({ facts: FACTS, operations: [put('beta', 'after', 'v')] }))
  expect((await verifyStore(store)).problems.map(({ code }) => code)).toEqual(['DATABASE_DAMAGED'])
  await store.close()
  // Nothing of the damaged database is lost to a repair that guesses.
  expect(filesOf(join(path, 'alpha'), '').map((file) => [file, readFileSync(file).length])).toEqual(before)
})
