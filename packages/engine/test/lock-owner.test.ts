import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { makeStoreView, LocalStore, type LocalStoreOptions } from '../src/index.ts'
import { ownIdentity } from '../src/lock/process-identity.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-owner-'))
afterAll(() => rmSync(folder, { recursive: true }))
let next = 0
const options = (path: string = join(folder, `s${next++}`)): LocalStoreOptions & { path: string } => ({
  path,
  databases: DATABASES,
  provider: testProvider(),
})
const HOLDER = new URL('victims/hold-in-thread.ts', import.meta.url)
const commit = async (store: LocalStore, key: string): Promise<void> => {
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', key, 'v')] }))
}

async function holdInThread(path: string): Promise<Worker> {
  const worker = new Worker(HOLDER, { workerData: { path } })
  const [message] = (await once(worker, 'message')) as [unknown]
  expect(message).toBe('open')
  return worker
}

test('a store that another thread has open is refused, with a hint that fits', async () => {
  const o = options()
  const worker = await holdInThread(o.path)
  await expect(LocalStore.open(o)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining('another thread of this process') as string,
    hint: expect.stringContaining('in that thread') as string,
  })
  worker.postMessage('close')
  await once(worker, 'exit')
  await (await LocalStore.open(o)).close()
})

test.each(['terminate', 'exit'])(
  'the store of a thread that ended (%s) without closing is opened',
  async (how) => {
    const o = options()
    for (let round = 0; round < 3; round++) {
      const worker = await holdInThread(o.path)
      const ended = once(worker, 'exit')
      if (how === 'terminate') await worker.terminate()
      else worker.postMessage('exit')
      await ended
    }
    const store = await LocalStore.open(o)
    expect(await store.get('alpha', new TextEncoder().encode('held'))).toBeDefined()
    await commit(store, 'more')
    await store.close()
  },
)

test('a second open in the same thread says what to do', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await expect(LocalStore.open({ ...o, lockWaitMs: 60_000 })).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    hint: expect.stringContaining('the instance that has it open') as string,
  })
  await store.close()
})

test('a holder that cannot be seen is named as one whose lock ends by itself, and is waited for', async () => {
  const o = options()
  mkdirSync(o.path)
  const lock = join(o.path, 'lock')
  // The first process of a container that was killed, and is started again in another namespace.
  writeFileSync(
    lock,
    JSON.stringify({ nonce: 'cd'.repeat(16), ...ownIdentity(), pid: 1, pidNamespace: 'pid:[1]' }),
  )
  await expect(LocalStore.open(o)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringMatching(/ends by itself within 30 s/) as string,
    hint: expect.stringContaining('lockWaitMs') as string,
  })
  const opening = LocalStore.open({ ...o, lockWaitMs: 60_000 })
  const longAgo = Date.now() / 1000 - 60
  utimesSync(lock, longAgo, longAgo)
  await (await opening).close()
})

test('who waits for a store has it when the holder closed, to write and to read', async () => {
  const o = options()
  const worker = await holdInThread(o.path)
  const opening = LocalStore.open({ ...o, lockWaitMs: 60_000 })
  worker.postMessage('close')
  await (await opening).close()
  const again = await holdInThread(o.path)
  const viewing = makeStoreView(o.path, { lockWaitMs: 60_000 })
  again.postMessage('close')
  await (await viewing).remove()
})

test('a wait that is over is told as the lock is', async () => {
  const o = options()
  const worker = await holdInThread(o.path)
  await expect(LocalStore.open({ ...o, lockWaitMs: 150 })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await expect(makeStoreView(o.path, { lockWaitMs: 150 })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await worker.terminate()
})

const MOVES: readonly (readonly [string, (path: string) => void])[] = [
  ['moved', (path) => renameSync(path, `${path}-moved`)],
  [
    'moved, and another one put in its place',
    (path) => {
      renameSync(path, `${path}-moved`)
      mkdirSync(path)
    },
  ],
  ['removed', (path) => rmSync(path, { recursive: true })],
  [
    'removed and made anew',
    (path) => {
      rmSync(path, { recursive: true })
      mkdirSync(path)
    },
  ],
]

test.each(MOVES)(
  'a directory that is %s while it is open: every call fails with a code, and nothing is written beside',
  async (what, move) => {
    const o = options()
    const store = await LocalStore.open(o)
    await commit(store, 'before')
    move(o.path)
    await expect(commit(store, 'behind')).rejects.toMatchObject({ name: 'ForgeError', code: 'STORE_FENCED' })
    await expect(store.flush()).rejects.toMatchObject({ name: 'ForgeError' })
    const closed = await store.close().then(
      () => 'closed',
      (error: unknown) => (error as Error).name,
    )
    expect(['closed', 'ForgeError']).toContain(closed)
    // The place is free, and so is the one the store was moved to.
    const left = what.includes('anew') || what.includes('another') ? readdirSync(o.path) : []
    expect(left).toEqual([])
    await (await LocalStore.open(o)).close()
    if (!what.startsWith('moved')) return
    const moved = await LocalStore.open({ ...o, path: `${o.path}-moved`, create: 'never' })
    expect(await moved.get('alpha', new TextEncoder().encode('before'))).toBeDefined()
    expect(await moved.get('alpha', new TextEncoder().encode('behind'))).toBeUndefined()
    await commit(moved, 'behind')
    await moved.close()
  },
)

test('a store that is moved while it is open cannot be opened twice by its new name', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  renameSync(o.path, `${o.path}-moved`)
  await expect(LocalStore.open({ ...o, path: `${o.path}-moved` })).rejects.toMatchObject({
    code: 'STORE_LOCKED',
  })
  await store.close().catch(() => undefined)
  await (await LocalStore.open({ ...o, path: `${o.path}-moved` })).close()
})
