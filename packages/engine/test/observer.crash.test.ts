import { ForgeError, SeededRandom } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, MemoryBackend, MemoryStoreFiles } from '../src/index.ts'
import { SimulatedMachine, Power, type CutStyle } from '../src/testing/index.ts'
import { ChainObserver, chainOf, expectedRows, OBSERVED, sourceOf, type Seen } from './chain-observer.ts'
import { DATABASES, FACTS, put, remove, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'

let states = 0
afterAll(() => console.log(`power-loss states of the observer checked: ${states}`))

type Home = Pick<Parameters<typeof LocalStore.open>[0], 'files' | 'backend'>

function memory(): Home {
  return { files: new MemoryStoreFiles(), backend: new MemoryBackend() }
}

async function open(
  { files, backend }: Home,
  seen: Seen,
): Promise<{ store: LocalStore; observer: ChainObserver }> {
  const observer = new ChainObserver(seen)
  const store = await LocalStore.open({
    databases: [...DATABASES, OBSERVED],
    provider: testProvider(),
    observer: sourceOf(observer),
    files,
    backend,
    flushPointBytes: 6000,
  })
  return { store, observer }
}

async function write(store: LocalStore, round: number): Promise<void> {
  for (let index = 0; index < 8; index++) {
    const value = `${round}.${index}.${'x'.repeat((index * 977) % 3000)}`
    const durability = index % 3 === 2 ? 'relaxed' : 'sync'
    await Promise.all([
      store.commit(() => ({ facts: FACTS, operations: [put('alpha', `k${index}`, value)] }), { durability }),
      store.commit(() => ({ facts: FACTS, operations: [remove('beta', `k${index}`)] }), { durability }),
    ])
  }
}

async function expectComplete(store: LocalStore, observer: ChainObserver, seen: Seen): Promise<void> {
  expect(await observer.readRows()).toEqual(expectedRows(store.sequence + 1))
  expect(observer.size).toBe(store.sequence + 1)
  expect(observer.digest).toBe(chainOf(seen, store.sequence + 1))
}

test('an observer sees every commit once and in order, over clean closes, the closing commits included', async () => {
  const home = memory()
  const seen: Seen = new Map()
  for (let round = 0; round < 4; round++) {
    const { store, observer } = await open(home, seen)
    // The closing commit was observed before; at most that one is observed again.
    expect(observer.loadedAt).toBeGreaterThanOrEqual(store.sequence)
    await write(store, round)
    await expectComplete(store, observer, seen)
    if (round === 2) await store.flush()
    await store.close()
    expect(observer.closed).toBe(true)
    expect(observer.size).toBe(store.sequence + 2)
  }
})

test('commits made without the observer are a gap that sets its database aside, and nothing else', async () => {
  const home = memory()
  const seen: Seen = new Map()
  const first = await open(home, seen)
  await write(first.store, 0)
  await first.store.close()
  const blind = await LocalStore.open({ ...home, databases: DATABASES, provider: testProvider() })
  await write(blind, 1)
  await blind.close()
  const { store } = await open(home, seen)
  expect(store.offlineDatabases).toEqual([OBSERVED])
  await write(store, 2)
  await store.close()
})

test('commits that a store wrote before it had an observer are observed as unlogged', async () => {
  const home = memory()
  const plain = await LocalStore.open({ ...home, databases: DATABASES, provider: testProvider() })
  await write(plain, 0)
  await plain.close()
  const seen: Seen = new Map()
  const { store, observer } = await open(home, seen)
  expect(seen.get(3)).toContain('store.unlogged')
  await write(store, 1)
  await expectComplete(store, observer, seen)
  await store.close()
  const again = await open(home, seen)
  await expectComplete(again.store, again.observer, seen)
  await again.store.close()
})

test('no commit may write into the database of the observer', async () => {
  const { store } = await open(memory(), new Map())
  const writing = store.commit(() => ({ facts: FACTS, operations: [put(OBSERVED, 'm', 'forged')] }))
  await expect(writing).rejects.toMatchObject({ code: 'COMMIT_INVALID' })
  await store.close()
})

test('an observer that refuses to continue is set aside, and sees later what it missed', async () => {
  const home = memory()
  const seen: Seen = new Map()
  const first = await open(home, seen)
  await write(first.store, 0)
  await first.store.close()
  class Refusing extends ChainObserver {
    override load(): Promise<void> {
      return Promise.reject(new ForgeError('RECORD_TAMPERED', 'a row is not authentic'))
    }
  }
  const databases = [...DATABASES, OBSERVED]
  const observer = new Refusing(seen)
  const store = await LocalStore.open({
    ...home,
    databases,
    provider: testProvider(),
    observer: sourceOf(observer),
  })
  expect(store.offlineDatabases).toEqual([OBSERVED])
  await write(store, 1)
  await store.close()
  const again = await open(home, seen)
  await expectComplete(again.store, again.observer, seen)
  await again.store.close()
})

async function history(machine: SimulatedMachine, seen: Seen): Promise<void> {
  try {
    for (let round = 0; round < 3; round++) {
      const { store } = await open(machine, seen)
      await write(store, round)
      if (round === 1) await store.flush()
      await store.close()
      if (machine.power.gone) return
    }
  } catch {
    // The power went out.
  }
}

function styles(seed: number): readonly CutStyle[] {
  const torn: CutStyle = { kind: 'torn', random: new SeededRandom(seed), blockBytes: 512 }
  return LONG_TIER
    ? [{ kind: 'drop' }, { kind: 'keep' }, torn]
    : [[{ kind: 'drop' } as const, { kind: 'keep' } as const, torn][seed % 3]!]
}

test('a power cut at any sync point leaves an observer that has seen the durable commits and no others', async () => {
  const whole = new SimulatedMachine()
  await history(whole, new Map())
  const creation = new SimulatedMachine()
  await open(creation, new Map())
  for (let cutAt = creation.power.points; cutAt < whole.power.points; cutAt++) {
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    const seen: Seen = new Map()
    await history(before, seen)
    for (const style of styles(cutAt)) {
      const copy = new Map(seen)
      // Cut once more while it recovers.
      const between = before.restart(style, 1 + (cutAt % 4))
      const recovering = await open(between, copy).catch(() => undefined)
      await recovering?.store.close().catch(() => undefined)
      const machine = between.restart(style)
      const { store, observer } = await open(machine, copy)
      await expectComplete(store, observer, copy)
      await write(store, 9)
      await expectComplete(store, observer, copy)
      await store.close()
      states++
    }
  }
})
