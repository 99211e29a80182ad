import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { SeededRandom, utf8Decode, utf8Encode } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { afterAll, describe, expect, test } from 'vitest'
import {
  LocalStore,
  MemoryBackend,
  MemoryStoreFiles,
  verifyStore,
  type LocalStoreOptions,
} from '../src/index.ts'
import { Power, SimulatedMachine, type CutStyle } from '../src/testing/index.ts'
import { ChainObserver, OBSERVED, sourceOf, type Seen } from './chain-observer.ts'
import { DATABASES, FACTS, put, readRows, remove, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'

/** Commits that wait for their frame: the more there are, the longer takes the rotation that they meet. */
const IN_FLIGHT_MAX = LONG_TIER ? 2000 : 20

let states = 0
afterAll(() => console.log(`power-loss states of rotation checked: ${states}`))

type Home = Pick<LocalStoreOptions, 'files' | 'backend' | 'path'>

function memory(): Home {
  return { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
}

function open({ files, backend, path }: Home, seen: Seen = new Map()): Promise<LocalStore> {
  return LocalStore.open({
    databases: [...DATABASES, OBSERVED],
    provider: testProvider(),
    observer: sourceOf(new ChainObserver(seen)),
    files,
    backend,
    path,
    flushPointBytes: path === undefined ? 20_000 : undefined,
  })
}

/** Rotates every scope, seals everything anew, and destroys what that leaves without use. */
async function rotateAll(store: LocalStore): Promise<void> {
  await store.keys.rotate()
  await store.keys.reseal({ pace: 'full' })
  await destroyOlder(store)
}

async function destroyOlder(store: LocalStore): Promise<void> {
  for (const { id, state } of store.keys.keyring.list())
    if (state === 'decrypt-only') await store.keys.destroy(id)
}

describe('rotation of all data keys', () => {
  test('while commits go on, the newer value always wins, and nothing is left under the old keys', async () => {
    // Real LevelDB: its reads take their time, in which commits come between.
    const home = { path: mkdtempSync(join(tmpdir(), 'forge-rotation-')) }
    const seen: Seen = new Map()
    const store = await open(home, seen)
    const random = new SeededRandom(7)
    const model = new Map<string, string>()
    const writing: Promise<unknown>[] = []
    const written = { count: 0 }
    const write = (): void => {
      // Few rows are hot, the others make a rotation long enough to meet many writes.
      const name = `k${random.below(random.below(2) === 0 ? 60 : 1500)}`
      const [database] = [DATABASES[random.below(2)]!]
      const value = `${written.count++}.${'v'.repeat(random.below(300))}`
      const deletes = random.below(5) === 0
      const operation = deletes ? remove(database, name) : put(database, name, value)
      // The order of the calls is the order of the commits.
      if (deletes) model.delete(`${database}/${name}`)
      else model.set(`${database}/${name}`, value)
      writing.push(store.commit(() => ({ facts: FACTS, operations: [operation] })))
    }
    const { first, total, times } = LONG_TIER
      ? { first: 3000, total: 100_000, times: 6 }
      : { first: 3000, total: 10_000, times: 4 }
    for (let index = 0; index < first; index++) write()
    for (let rotations = 0; written.count < total || rotations < times; rotations++) {
      await store.keys.rotate(['alpha', 'beta'])
      const resealing = store.keys.reseal({ pace: 'full' })
      const state = { done: false }
      void resealing.finally(() => (state.done = true))
      while (!state.done) {
        for (let burst = random.below(3); burst >= 0; burst--) write()
        await turn()
        await writing.at(-IN_FLIGHT_MAX)
      }
      await resealing
    }
    await destroyOlder(store)
    await Promise.all(writing)
    expect(Object.fromEntries(await readRows(store))).toEqual(Object.fromEntries(model))
    expect((await verifyStore(store)).problems).toEqual([])
    await store.close()
    const again = await open(home, seen)
    expect(Object.fromEntries(await readRows(again))).toEqual(Object.fromEntries(model))
    await again.close()
    rmSync(home.path, { recursive: true })
  })

  test('leaves only keys that are in use, and a key in use is not destroyed', async () => {
    const store = await open(memory())
    await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v'), put('beta', 'k', 'v')] }))
    const [before] = store.keys.keyring.list().filter(({ scope }) => scope === 'alpha')
    await store.keys.rotate(['alpha'])
    expect(store.keys.unfinished).toEqual(['alpha'])
    await expect(store.keys.destroy(before!.id)).rejects.toMatchObject({
      code: 'KEY_IN_USE',
      details: { uses: 1 },
    })
    expect((await store.keys.reseal()).resealed.get('alpha')).toBe(1)
    await store.keys.destroy(before!.id)
    expect(store.keys.unfinished).toEqual([])
    expect((await store.keys.uses()).has(before!.id)).toBe(false)
    expect(utf8Decode((await store.get('alpha', utf8Encode('k')))!)).toBe('v')
    await store.close()
  })

  test('can be stopped between two batches and goes on later', async () => {
    const home = memory()
    const seen: Seen = new Map()
    const store = await open(home, seen)
    const value = 'x'.repeat(100_000)
    for (let index = 0; index < 40; index++) {
      await store.commit(() => ({ facts: FACTS, operations: [put('gamma', `k${index}`, value)] }))
    }
    await store.keys.rotate()
    const stopping = new AbortController()
    const resealing = store.keys.reseal({
      pace: 'full',
      signal: stopping.signal,
      onProgress: ({ resealed }) => resealed > 15 && stopping.abort(),
    })
    await expect(resealing).rejects.toThrow(/abort/i)
    await store.close()
    const again = await open(home, seen)
    expect(again.keys.unfinished).toContain('gamma')
    const { resealed } = await again.keys.reseal({ pace: 'full' })
    expect(resealed.get('gamma')).toBeGreaterThan(10)
    expect(resealed.get('gamma')).toBeLessThan(25)
    await destroyOlder(again)
    expect((await verifyStore(again)).problems).toEqual([])
    await again.close()
  })

  test('rests between the batches of every database, the observer’s included, unless told not to', async () => {
    const store = await open(memory())
    // A row of the observer's database is written at every fifth commit: two batches of them.
    const operations = [put('gamma', 'k', 'v')]
    const commits = Array.from({ length: 10_010 }, () => store.commit(() => ({ facts: FACTS, operations })))
    await Promise.all(commits)
    for (const pace of ['gentle', 'full'] as const) {
      await store.keys.rotate([OBSERVED])
      const rested: boolean[] = []
      let others = false
      await store.keys.reseal({
        pace,
        onProgress: ({ database }) => {
          if (database !== OBSERVED) return
          rested.push(others)
          others = false
          // Whatever else waits for its turn gets it in a rest, and not where one batch follows the other.
          setImmediate(() => (others = true))
        },
      })
      expect([pace, rested]).toEqual([pace, [false, pace === 'gentle']])
    }
    await store.close()
  })

  test('of the master key keeps the store openable, its own file included', async () => {
    const home = memory()
    const seen: Seen = new Map()
    const store = await open(home, seen)
    await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }))
    await store.keys.rotateMaster([testProvider()])
    await store.close()
    const again = await open(home, seen)
    expect((await verifyStore(again)).problems).toEqual([])
    expect(utf8Decode((await again.get('alpha', utf8Encode('k')))!)).toBe('v')
    await again.close()
    const wrong = LocalStore.open({ ...home, databases: [], provider: rawKeyProvider(new Uint8Array(32)) })
    await expect(wrong).rejects.toMatchObject({ code: 'KEY_SECRET_WRONG' })
  })
})

interface Told {
  readonly rows: Map<string, string>
}

/** Commits before, beside and after two rotations; stops where the power goes. */
async function history(machine: SimulatedMachine, told: Told, seen: Seen): Promise<void> {
  const write = async (store: LocalStore, name: string, value: string): Promise<void> => {
    await store.commit(() => ({
      facts: FACTS,
      operations: [put('alpha', name, value), put('beta', name, value)],
    }))
    told.rows.set(name, value)
  }
  try {
    const store = await open(machine, seen)
    for (let index = 0; index < 6; index++)
      await write(store, `k${index}`, `first ${index} ${'x'.repeat(2000)}`)
    for (let round = 0; round < 2; round++) {
      const rotating = rotateAll(store)
      // The power may go while the writes below fail first.
      rotating.catch(() => undefined)
      for (let index = 0; index < 4; index++)
        await write(store, `r${round}.${index}`, `beside ${'y'.repeat(500)}`)
      await rotating
    }
    await store.keys.rotateMaster([testProvider()])
    await write(store, 'last', 'after')
    await store.close()
  } catch {
    // The power went out.
  }
}

test('a power cut at any sync point of a rotation loses no acknowledged commit, and it goes on afterwards', async () => {
  const whole = new SimulatedMachine()
  await history(whole, { rows: new Map() }, new Map())
  const creation = new SimulatedMachine()
  await open(creation)
  const step = LONG_TIER ? 1 : 2
  for (let cutAt = creation.power.points; cutAt < whole.power.points; cutAt += step) {
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    const told: Told = { rows: new Map() }
    const seen: Seen = new Map()
    await history(before, told, seen)
    const torn: CutStyle = { kind: 'torn', random: new SeededRandom(cutAt), blockBytes: 512 }
    const style = [{ kind: 'drop' } as const, { kind: 'keep' } as const, torn][cutAt % 3]!
    const machine = before.restart(style)
    const where = `cut at sync point ${cutAt}, ${style.kind}`
    const store = await open(machine, seen).catch((error: unknown) => error)
    if (!(store instanceof LocalStore)) throw new Error(`${where}: does not open`, { cause: store })
    const check = async (): Promise<void> => {
      const rows = await readRows(store)
      for (const [name, value] of told.rows) {
        expect(rows.get(`alpha/${name}`), where).toBe(value)
        expect(rows.get(`beta/${name}`), where).toBe(value)
      }
      expect((await verifyStore(store)).problems, where).toEqual([])
    }
    await check()
    await store.keys.reseal({ pace: 'full' })
    await destroyOlder(store)
    await check()
    expect(store.keys.unfinished, where).toEqual([])
    await store.close()
    states++
  }
})
