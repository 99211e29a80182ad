import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Metrics, utf8Decode, utf8Encode } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, type LocalStoreOptions } from '../src/index.ts'
import { NodeJournalFile } from '../src/files/node-journal-file.ts'
import { SimulatedMachine } from '../src/testing/index.ts'
import { DATABASES, FACTS, put, readRows, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-commit-'))
afterAll(() => rmSync(folder, { recursive: true }))
let next = 0
const options = (): LocalStoreOptions & { path: string } => ({
  path: join(folder, `s${next++}`),
  databases: DATABASES,
  provider: testProvider(),
})
const reading = (metrics: Metrics, name: string): number => metrics.counter(name)

test('callers that commit at the same time share frames', async () => {
  const metrics = new Metrics()
  const store = await LocalStore.open({ ...options(), metrics })
  const caller = async (name: number): Promise<void> => {
    for (let index = 0; index < 20; index++) {
      await store.commit(() => ({ facts: FACTS, operations: [put('alpha', `${name}.${index}`, 'v')] }))
    }
  }
  await Promise.all(Array.from({ length: 64 }, (_, name) => caller(name)))
  expect(reading(metrics, 'commits_total')).toBe(1280)
  expect(reading(metrics, 'journal_frames_total')).toBeLessThan(1280 / 8)
  expect((await readRows(store)).size).toBe(1280)
  await store.close()
})

test('close right after commit waits for it, also while an exclusive action holds the gate', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  const { promise, resolve: release } = Promise.withResolvers<void>()
  const held = store.exclusively(() => promise)
  const commits = Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      store.commit(() => ({ facts: FACTS, operations: [put('alpha', `k${index}`, 'v')] })),
    ),
  )
  const closed = store.close()
  await setTimeout(20)
  release()
  await Promise.all([held, commits, closed])
  const again = await LocalStore.open(o)
  expect(again.recovery.cleanClose).toBe(true)
  expect((await readRows(again)).size).toBe(50)
  await again.close()
})

test('close right after many large commits waits for every one of their frames', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  const value = 'x'.repeat(1_000_000)
  const commits = Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      store.commit(() => ({ facts: FACTS, operations: [put('alpha', `k${index}`, value)] })),
    ),
  )
  await Promise.all([commits, store.close()])
  const again = await LocalStore.open(o)
  expect(again.recovery).toMatchObject({ cleanClose: true, commitsReplayed: 0 })
  expect((await readRows(again)).size).toBe(24)
  await again.close()
})

test('relaxed commits are visible at once, and durable within their time', async () => {
  const machine = new SimulatedMachine()
  const { files, backend } = machine
  const store = await LocalStore.open({
    databases: DATABASES,
    provider: testProvider(),
    files,
    backend,
    durability: 'relaxed',
  })
  for (const name of ['a', 'b', 'c'])
    await store.commit(() => ({
      facts: FACTS,
      operations: DATABASES.map((database) => put(database, name, 'v')),
    }))
  expect(utf8Decode(store.getSync('alpha', utf8Encode('c'))!)).toBe('v')
  const early = machine.backend.afterCut({ kind: 'keep' }, machine.power)
  const database = await early.open('alpha', { create: false })
  expect(await database.keys().all(), 'no database holds what the journal may lose').toEqual([])
  await setTimeout(250)
  const after = machine.restart({ kind: 'drop' })
  const again = await LocalStore.open({
    databases: DATABASES,
    provider: testProvider(),
    files: after.files,
    backend: after.backend,
  })
  expect((await readRows(again)).size).toBe(9)
  await again.close()
})

test('a flush point lets old segments go, and what it covers is not replayed', async () => {
  const o = options()
  const store = await LocalStore.open({ ...o, flushPointBytes: 100_000 })
  for (let index = 0; index < 30; index++) {
    await store.commit(() => ({ facts: FACTS, operations: [put('alpha', `k${index}`, 'x'.repeat(20_000))] }))
  }
  await store.flush()
  const copy = options()
  cpSync(o.path, copy.path, { recursive: true, filter: (name) => !name.endsWith('/lock') })
  await store.close()
  const again = await LocalStore.open(copy)
  expect(again.recovery.commitsReplayed).toBe(0)
  expect((await readRows(again)).size).toBe(30)
  await again.close()
})

async function commitTime(store: LocalStore): Promise<number> {
  return (await store.commit(() => ({ facts: FACTS, operations: [] }))).time
}

test('times never go back, whatever the clock does, also over a reopening', async () => {
  const o = options()
  let now = 1_000_000
  const clock = { now: () => now, monotonicMs: () => performance.now() }
  const store = await LocalStore.open({ ...o, clock })
  expect(await commitTime(store)).toBe(1_000_000)
  now = 5
  expect(await commitTime(store)).toBe(1_000_000)
  await store.close()
  const again = await LocalStore.open({ ...o, clock })
  expect(await commitTime(again)).toBe(1_000_000)
  await again.close()
})

test('a relaxed write that ends while a sync runs is still synced by the next one', async () => {
  const path = join(folder, 'racing.wal')
  const file = await NodeJournalFile.open(path, { create: true })
  for (let round = 0; round < 200; round++) {
    const bytes = new Uint8Array(100).fill(round)
    await Promise.all([file.sync(), file.write(round * 100, bytes, { sync: false })])
  }
  // Closing waits for a sync that is still running.
  const syncing = file.sync()
  await file.close()
  await syncing
})
