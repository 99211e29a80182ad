import { join } from 'node:path'
import { utf8Encode } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { verifyStore, type LocalStore } from '../src/index.ts'
import { scrubDatabase } from '../src/leveldb-files/scrub.ts'
import {
  bareKey,
  changeFile,
  filesOf,
  fillStore,
  flushBare,
  hazardFolder,
  openBare,
  openStore,
  removeFolder,
} from './hazards.ts'
import { DATABASES, FACTS, put, readRows } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const ROWS = 50
const VICTIM = 25
/** In a table the value follows its internal key, whose last 8 bytes are `type u8 | sequence u56`. */
const TYPE_BEFORE_VALUE = 8

async function flippedBare(path: string): Promise<void> {
  const level = await openBare(path)
  for (let index = 0; index < ROWS; index++) await level.put(bareKey(index), `<${index}>`.padEnd(200, 'A'))
  await flushBare(level)
  await level.close()
  changeFile(filesOf(path, '.ldb')[0]!, (bytes) => (bytes[bytes.indexOf(`<${VICTIM}>`) + 100]! ^= 2))
}

/** Flips a bit near the sealed value of the victim row while LevelDB has the table open. */
async function flipInStore(store: LocalStore, path: string, offset: number): Promise<string> {
  const sealed = store.parts.online.get('alpha')!.level.getSync(utf8Encode(bareKey(VICTIM)))!
  let file: string | undefined
  for (const table of filesOf(join(path, 'alpha'), '.ldb')) {
    changeFile(table, (bytes) => {
      const at = bytes.indexOf(sealed)
      if (at < 0) return
      bytes[at + offset]! ^= 1
      file = table
    })
  }
  expect(file, 'the row lies in a table').toBeDefined()
  return file!.slice(path.length + 1)
}

async function storeOfTables(path: string): Promise<LocalStore> {
  const store = await openStore(path)
  await fillStore(store, { from: 0, count: ROWS })
  await store.flush()
  return store
}

/** Makes LevelDB rewrite its tables: a newer row overlaps them. */
async function compactStore(store: LocalStore): Promise<void> {
  const operations = [put('alpha', bareKey(0), 'new'), put('alpha', bareKey(ROWS), 'new')]
  await store.commit(() => ({ facts: FACTS, operations }))
  await store.flush()
  await store.parts.backend.flush('alpha', store.parts.online.get('alpha')!.level)
  const { level } = store.parts.online.get('alpha')!
  if ('compactRange' in level && typeof level.compactRange === 'function')
    await level.compactRange(utf8Encode('a'), utf8Encode('z'))
}

test('bare LevelDB returns a flipped bit of a table, and compaction gives it a fresh checksum', async () => {
  const path = join(folder, 'bare')
  await flippedBare(path)
  expect((await scrubDatabase(path)).findings).toHaveLength(1)
  const level = await openBare(path)
  const good = `<${VICTIM}>`.padEnd(200, 'A')
  const bad = await level.get(bareKey(VICTIM))
  expect(bad).toHaveLength(good.length)
  expect(bad).not.toBe(good)
  await level.put(bareKey(0), 'new')
  await level.put(bareKey(ROWS), 'new')
  await level.compactRange('a', 'z')
  expect(await level.get(bareKey(VICTIM))).toBe(bad)
  await level.close()
  expect((await scrubDatabase(path)).findings).toEqual([])
})

test('a value flipped under an open store is RECORD_TAMPERED before and after a compaction', async () => {
  const path = join(folder, 'value')
  await using store = await storeOfTables(path)
  const table = await flipInStore(store, path, 500)
  const read = (): Promise<unknown> => store.get('alpha', utf8Encode(bareKey(VICTIM)))
  await expect(read()).rejects.toMatchObject({ code: 'RECORD_TAMPERED' })
  await expect(readRows(store, ['alpha'])).rejects.toMatchObject({ code: 'RECORD_TAMPERED' })
  expect((await verifyStore(store)).problems).toMatchObject([{ code: 'DATABASE_DAMAGED', where: table }])
  await compactStore(store)
  await expect(read()).rejects.toMatchObject({ code: 'RECORD_TAMPERED' })
  const laundered = await verifyStore(store)
  expect(laundered.problems).toMatchObject([{ code: 'RECORD_TAMPERED', where: 'alpha keyspace 6b' }])
  expect((await readRows(store, ['beta', 'gamma'])).size).toBe(2 * ROWS)
})

test('a row flipped into a deletion is named by verify as long as no compaction launders it', async () => {
  const path = join(folder, 'type')
  await using store = await storeOfTables(path)
  const table = await flipInStore(store, path, -TYPE_BEFORE_VALUE)
  expect((await verifyStore(store)).problems).toMatchObject([{ code: 'DATABASE_DAMAGED', where: table }])
})

test('a table flipped while the store is closed takes its database offline, and the others serve', async () => {
  const path = join(folder, 'closed')
  await (await storeOfTables(path)).close()
  const table = filesOf(join(path, 'alpha'), '.ldb')[0]!
  changeFile(table, (bytes) => (bytes[Math.floor(bytes.length / 2)]! ^= 1))
  await using store = await openStore(path)
  expect(store.offlineDatabases).toEqual(['alpha'])
  await expect(store.get('alpha', utf8Encode(bareKey(0)))).rejects.toMatchObject({ code: 'DATABASE_OFFLINE' })
  const where = (await verifyStore(store)).problems.map((problem) => problem.message).join()
  expect(where).toContain(table.slice(path.length + 1))
  for (const name of DATABASES.slice(1)) expect((await readRows(store, [name])).size).toBe(ROWS)
})
