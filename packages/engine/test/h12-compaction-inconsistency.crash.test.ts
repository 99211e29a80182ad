import { setTimeout } from 'node:timers/promises'
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { utf8Decode, utf8Encode } from '@forgeone/common'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClassicBackend, LocalStore, verifyStore, type LevelDatabase } from '../src/index.ts'
import {
  bareKey,
  fillStore,
  flushBare,
  hazardFolder,
  openBare,
  removeFolder,
  storeOptions,
} from './hazards.ts'
import { DATABASES, FACTS, put, remove } from './model.ts'

const folder = hazardFolder()
afterAll(() => removeFolder(folder))

const ROUNDS = 64
const OVERWRITES_PER_ROUND = 1000
/** Beyond 25 files LevelDB stops adding neighbours to a compaction, and they hide the fault. */
const VALUE_CHARACTERS = 600
const FILE_BYTES = 1024 * 1024

const valueOf = (number: number): string => String(number).padEnd(VALUE_CHARACTERS, '.')
const numberOf = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : Number.parseInt(value, 10)

/** Overwrites `k` so often under an open snapshot that its versions fill many files of one level. */
async function overwrite(level: ClassicLevel): Promise<number> {
  let number = 0
  for (let round = 0; round < ROUNDS; round++) {
    const keys = Array.from({ length: OVERWRITES_PER_ROUND }, () => 'k')
    await level.batch(keys.map((key) => ({ type: 'put', key, value: valueOf(++number) })))
  }
  return number
}

test('bare LevelDB brings a deleted key back when its versions straddle two files', async () => {
  const level = await openBare(join(folder, 'deleted'), {
    maxFileSize: FILE_BYTES,
    writeBufferSize: FILE_BYTES,
  })
  const snapshot = level.snapshot()
  const newest = await overwrite(level)
  // Tombstones are flushed until one has moved below level 0, into the first of the files.
  for (let count = 0; count < 100; count++) {
    await level.del('k')
    await flushBare(level)
    await setTimeout(10)
    if (level.getProperty('leveldb.num-files-at-level0') === '0') break
  }
  expect(level.getProperty('leveldb.num-files-at-level0')).toBe('0')
  await snapshot.close()
  await level.compactRange('a', 'z')
  const revived = numberOf(level.getSync('k'))
  expect(revived).toBeGreaterThan(0)
  expect(revived).toBeLessThan(newest)
  await level.close()
  await level.open({ compression: false })
  expect(numberOf(await level.get('k')), 'a reopening does not heal it').toBe(revived)
  await level.close()
})

test("the engine writes a database's key only when a caller does: its own bookkeeping overwrites none", async () => {
  const path = join(folder, 'store')
  const writes = new Map<string, number>()
  const watch = (store: LocalStore): void => {
    for (const [name, database] of store.parts.online) {
      database.level.on('write', (operations) => {
        for (const { key } of operations as readonly { key: Uint8Array }[]) {
          const place = `${name}/${utf8Decode(key)}`
          writes.set(place, (writes.get(place) ?? 0) + 1)
        }
      })
    }
  }
  // Small enough for many flush points, which is where bookkeeping would be written.
  const options = { ...storeOptions(path), flushPointBytes: 50_000 }
  let store = await LocalStore.open(options)
  watch(store)
  await fillStore(store, { from: 0, count: 100 })
  await store.close()
  store = await LocalStore.open(options)
  watch(store)
  await fillStore(store, { from: 100, count: 100 })
  await store.flush()
  expect((await verifyStore(store)).problems).toEqual([])
  await store.close()
  const expected = DATABASES.flatMap((name) =>
    Array.from({ length: 200 }, (_, index) => `${name}/${bareKey(index)}`),
  )
  expect([...writes.keys()].sort()).toEqual(expected.sort())
  expect(Math.max(...writes.values())).toBe(1)
})

/** As `ClassicBackend`, with smaller files, so that fewer bytes reach the state in question; 2 MiB do as well. */
class SmallFilesBackend extends ClassicBackend {
  readonly opened: ClassicLevel<Uint8Array, Uint8Array>[] = []
  readonly #folder: string

  constructor(path: string) {
    super(path)
    this.#folder = path
  }

  override async open(name: string, { create }: { readonly create: boolean }): Promise<LevelDatabase> {
    const path = join(this.#folder, name)
    mkdirSync(path, { recursive: true })
    const level = new ClassicLevel<Uint8Array, Uint8Array>(path, {
      keyEncoding: 'view',
      valueEncoding: 'view',
    })
    await level.open({ createIfMissing: create, compression: false, maxFileSize: FILE_BYTES })
    this.opened.push(level)
    return level
  }
}

/** Counts what LevelDB holds a snapshot for: iterators and snapshots that are open. */
function countResources(level: ClassicLevel<Uint8Array, Uint8Array>): () => number {
  let count = 0
  const attach = level.attachResource.bind(level)
  const detach = level.detachResource.bind(level)
  level.attachResource = (resource) => {
    count++
    attach(resource)
  }
  level.detachResource = (resource) => {
    count--
    detach(resource)
  }
  return () => count
}

describe('a row overwritten 64,000 times under an open scan and then deleted', () => {
  let row: Uint8Array | undefined
  let verified = false
  let newest: string | undefined
  let snapshotsAtWrites = 0

  beforeAll(async () => {
    const path = join(folder, 'overwritten')
    const backend = new SmallFilesBackend(path)
    await using store = await LocalStore.open({ ...storeOptions(path), databases: ['alpha'], backend })
    const level = backend.opened[0]!
    await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'a', 'first of two pages')] }))
    const resources = countResources(level)
    // The iterator of this scan idles behind its first page for all that follows, and so would its snapshot.
    const scan = store.scan('alpha', {})[Symbol.asyncIterator]()
    await scan.next()
    expect(resources()).toBe(1)
    level.on('write', () => (snapshotsAtWrites += resources()))
    for (let round = 0; round < ROUNDS; round++) {
      const numbers = Array.from(
        { length: OVERWRITES_PER_ROUND },
        (_, index) => round * OVERWRITES_PER_ROUND + index,
      )
      const operations = numbers.map((number) => put('alpha', 'k', valueOf(number)))
      await store.commit(() => ({ facts: FACTS, operations }))
    }
    newest = utf8Decode((await store.get('alpha', utf8Encode('k')))!)
    for (let count = 0; count < 100; count++) {
      await store.commit(() => ({ facts: FACTS, operations: [remove('alpha', 'k')] }))
      await store.flush()
      await setTimeout(10)
      if (level.getProperty('leveldb.num-files-at-level0') === '0') break
    }
    await scan.return?.()
    await level.compactRange(utf8Encode('a'), utf8Encode('z'))
    row = await store.get('alpha', utf8Encode('k'))
    verified = (await verifyStore(store)).ok
  })

  test('shows its newest version until it is deleted', () =>
    expect(numberOf(newest)).toBe(ROUNDS * OVERWRITES_PER_ROUND - 1))
  test('stays deleted', () => expect(row).toBeUndefined())
  test('leaves a store that verifies', () => expect(verified).toBe(true))
  test('was never written while a snapshot lived', () => expect(snapshotsAtWrites).toBe(0))
})
