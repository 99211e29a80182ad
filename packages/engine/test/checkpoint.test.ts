import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex, utf8Decode } from '@forgeone/common'
import { ClassicLevel } from 'classic-level'
import { afterAll, expect, inject, test } from 'vitest'
import {
  examineStore,
  LocalStore,
  readImageFile,
  takeImage,
  verifyStore,
  type LocalStoreOptions,
} from '../src/index.ts'
import { copyAsAfterKill } from './hazards.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-checkpoint-'))
afterAll(() => rmSync(folder, { recursive: true }))
const ID = '5e'.repeat(16)
let next = 0
const options = (): LocalStoreOptions & { path: string } => ({
  path: join(folder, `s${next++}`),
  databases: DATABASES,
  provider: testProvider(),
})

/** Commits without a pause until stopped; every commit writes one row named by its sequence into each database. */
function writeAlways(store: LocalStore, value: string): { stop: () => Promise<number> } {
  const state = { stopped: false }
  let last = 0
  const writer = async (): Promise<void> => {
    while (!state.stopped) {
      const place = await store.commit(({ sequence }) => ({
        facts: FACTS,
        operations: DATABASES.map((name) => put(name, `n${sequence}`, value)),
      }))
      last = Math.max(last, place.sequence)
    }
  }
  const all = Promise.all([writer(), writer(), writer()])
  return {
    stop: async () => {
      state.stopped = true
      await all
      return last
    },
  }
}

const ROUNDS = inject('isLongTier') ? 5 : 2

test('images under write load show every database at their commit, and the store goes on', async () => {
  const o = { ...options(), flushPointBytes: 300_000 }
  const store = await LocalStore.open(o)
  const load = writeAlways(store, 'x'.repeat(3000))
  for (let round = 0; round < ROUNDS; round++) {
    const target = join(folder, `image-${round}`)
    const { sequence } = await takeImage(store, { target, id: ID })
    expect(await readImageFile(target)).toMatchObject({ id: ID, sequence, storeId: toHex(store.id) })
    for (const name of ['keyring', 'keyring.copy']) cpSync(join(o.path, name), join(target, name))
    const image = await LocalStore.open({ ...o, path: target, create: 'never' })
    expect([image.sequence, image.offlineDatabases, image.health().reasons]).toEqual([sequence, [], []])
    const { counts, problems } = await verifyStore(image)
    // Commit 0 created the store.
    expect([problems, counts.values]).toEqual([[], sequence * DATABASES.length])
    await image.close()
  }
  const last = await load.stop()
  expect(last).toBeGreaterThan(5)
  expect((await verifyStore(store)).problems).toEqual([])
  await store.close()
  const again = await LocalStore.open(o)
  const { counts, ok } = await verifyStore(again)
  expect({ ok, values: counts.values }).toEqual({ ok: true, values: last * DATABASES.length })
  await again.close()
})

test('an image holds relaxed commits up to what is durable, and no further', async () => {
  const o = { ...options(), durability: 'relaxed' as const }
  const store = await LocalStore.open(o)
  const load = writeAlways(store, 'r'.repeat(500))
  const target = join(folder, 'relaxed')
  const { sequence } = await takeImage(store, { target, id: ID })
  await load.stop()
  for (const name of ['keyring', 'keyring.copy']) cpSync(join(o.path, name), join(target, name))
  const image = await LocalStore.open({ ...o, path: target, create: 'never' })
  expect([image.sequence, (await verifyStore(image)).problems]).toEqual([sequence, []])
  await image.close()
  await store.close()
})

async function write(store: LocalStore): Promise<void> {
  await store.commit(({ sequence }) => ({ facts: FACTS, operations: [put('alpha', `k${sequence}`, 'v')] }))
}

test('what is held stays in the journal at flush points, on closing and on opening, until it is let go', async () => {
  const o = options()
  const first = await LocalStore.open(o)
  const segments = (): readonly string[] =>
    readdirSync(join(o.path, 'journal')).filter((name) => name.endsWith('.wal'))
  const hold = first.holdJournal(first.sequence)
  const kept = segments()[0]!
  await write(first)
  await first.keys.rotate()
  await first.flush()
  expect(segments()).toContain(kept)
  await first.close()
  expect(segments()).toContain(kept)
  const second = await LocalStore.open({ ...o, holdJournalFrom: 0 })
  await write(second)
  await second.flush()
  expect(segments()).toContain(kept)
  hold.release()
  await second.close()
  expect(segments()).toContain(kept)
  const third = await LocalStore.open(o)
  await write(third)
  await third.close()
  expect(segments()).not.toContain(kept)
})

test('a directory with half a restore is refused, with whatever lies beside it', async () => {
  const o = options()
  await (await LocalStore.open(o)).close()
  writeFileSync(join(o.path, 'restoring'), '')
  await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'RESTORE_INCOMPLETE' })
  rmSync(join(o.path, 'restoring'))
  await (await LocalStore.open(o)).close()
})

test('a copy whose keys were destroyed since says so, and not that it is damaged', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }))
  const path = join(folder, 'copy-of-before')
  await copyAsAfterKill(store, o.path, path)
  const older = store.keys.keyring
    .list()
    .filter(({ state, scope }) => state === 'primary' && store.keys.scopes.includes(scope))
  await store.keys.rotate()
  await store.keys.reseal({ pace: 'full' })
  for (const { id } of older) await store.keys.destroy(id)
  await store.close()
  for (const name of ['keyring', 'keyring.copy']) cpSync(join(o.path, name), join(path, name))
  await expect(LocalStore.open({ ...o, path, create: 'never' })).rejects.toMatchObject({
    code: 'CRYPTO_KEY_DESTROYED',
  })
})

test('a target that exists, and a store with a database offline, are refused and nothing is left', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  const target = join(folder, 'taken')
  mkdirSync(target)
  await expect(takeImage(store, { target, id: ID })).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED' })
  expect(existsSync(`${target}.partial`)).toBe(false)
  await store.close()
  rmSync(join(o.path, 'alpha', 'CURRENT'))
  const partial = await LocalStore.open(o)
  await expect(takeImage(partial, { target: join(folder, 'other'), id: ID })).rejects.toMatchObject({
    code: 'CHECKPOINT_FAILED',
  })
  await partial.close()
})

test('verify beside writers and flush points finds nothing wrong', async () => {
  const store = await LocalStore.open({ ...options(), flushPointBytes: 50_000 })
  const load = writeAlways(store, 'y'.repeat(2000))
  for (let round = 0; round < 8; round++) expect((await verifyStore(store)).problems).toEqual([])
  await load.stop()
  await store.close()
})

test('verify names tampered values and damaged files, and never their content', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'secret-key', 'secret-value')] }))
  await store.flush()
  const path = join(folder, 'killed-and-edited')
  await copyAsAfterKill(store, o.path, path)
  await store.close()
  const level = new ClassicLevel<string, Uint8Array>(join(path, 'alpha'), { valueEncoding: 'view' })
  await level.put('other-key', (await level.get('secret-key'))!)
  // Into a table: its log would be set aside.
  await level.compactRange('a', 'z')
  await level.close()
  const opened = await LocalStore.open({ ...o, path })
  const found = await verifyStore(opened)
  expect(found.problems).toMatchObject([{ code: 'RECORD_TAMPERED', where: 'alpha keyspace 6f' }])
  expect(JSON.stringify(found)).not.toMatch(/secret/)
  await expect(opened.get('alpha', new TextEncoder().encode('other-key'))).rejects.toMatchObject({
    code: 'RECORD_TAMPERED',
  })
  expect(utf8Decode((await opened.get('alpha', new TextEncoder().encode('secret-key')))!)).toBe(
    'secret-value',
  )
  await opened.close()
})

const statuses = async (path: string): Promise<Record<string, string>> =>
  Object.fromEntries((await examineStore(path)).map((check) => [check.name, check.status]))

test('the doctor finds a closed store healthy, and changes nothing', async () => {
  const o = options()
  await (await LocalStore.open(o)).close()
  const before = readdirSync(o.path, { recursive: true }).sort()
  expect(await statuses(o.path)).toEqual({
    runtime: 'ok',
    store: 'ok',
    'file system': 'ok',
    permissions: 'ok',
    path: 'ok',
    space: expect.stringMatching(/ok|warn/),
    lock: 'ok',
    keyring: 'ok',
    'keyring.copy': 'ok',
    journal: 'ok',
    'flush point': 'ok',
    alpha: 'ok',
    beta: 'ok',
    gamma: 'ok',
  })
  expect(readdirSync(o.path, { recursive: true }).sort()).toEqual(before)
})

test('the doctor names what is damaged, missing or strange, with a code and a next step', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }))
  expect((await statuses(o.path))['lock']).toBe('warn')
  await store.close()
  const wal = join(
    o.path,
    'journal',
    readdirSync(join(o.path, 'journal')).find((name) => name.endsWith('.wal'))!,
  )
  const bytes = readFileSync(wal)
  truncateSync(wal, bytes.length - 3)
  writeFileSync(join(o.path, 'keyring'), 'garbage')
  writeFileSync(join(o.path, 'stranger'), '')
  rmSync(join(o.path, 'beta', 'CURRENT'))
  expect(await statuses(o.path)).toMatchObject({
    journal: 'warn',
    keyring: 'warn',
    'keyring.copy': 'ok',
    beta: 'fail',
    gamma: 'ok',
    'other files': 'warn',
  })
  writeFileSync(wal, bytes.fill(1, 20, 60))
  rmSync(join(o.path, 'keyring.copy'))
  const checks = await examineStore(o.path)
  for (const name of ['journal', 'keyring', 'keyring.copy'])
    expect(checks.find((check) => check.name === name)?.status, name).toBe('fail')
  for (const check of checks) if (check.status === 'fail') expect(check.next ?? check.code).toBeDefined()
  rmSync(join(o.path, 'journal'), { recursive: true })
  expect((await statuses(o.path))['journal']).toBe('fail')
  expect(existsSync(join(o.path, 'journal'))).toBe(false)
})

test('the doctor says that there is no store, and whether its file is damaged or newer', async () => {
  expect(await examineStore(join(folder, 'nowhere'))).toMatchObject([
    {},
    { name: 'store', status: 'fail', code: 'STORE_NOT_FOUND' },
  ])
  const o = options()
  await (await LocalStore.open(o)).close()
  writeFileSync(join(o.path, 'FORGE'), '{}')
  expect(await examineStore(o.path)).toMatchObject([
    {},
    { name: 'store', status: 'fail', code: 'STORE_DAMAGED' },
  ])
})
