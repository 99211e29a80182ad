import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { rawKeyProvider } from '@forgeone/crypto'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, verifyStore } from '../src/index.ts'
import { copyAsAfterKill, hazardFolder, removeFolder, storeOptions } from './hazards.ts'
import { FACTS, put } from './model.ts'
import { LONG_TIER } from './tier.ts'

const ROUNDS = LONG_TIER ? 40 : 1
const folder = hazardFolder()
afterAll(() => removeFolder(folder))

/** What the engine does to the whole store. */
const ACTIONS: Readonly<Record<string, (store: LocalStore) => Promise<unknown>>> = {
  flush: (store) => store.flush(),
  exclusively: (store) => store.exclusively(() => Promise.resolve()),
  reseal: (store) => store.keys.reseal({ pace: 'full' }),
  rotate: (store) => store.keys.rotate(),
  uses: (store) => store.keys.uses(),
  slots: async (store) => {
    const { id } = await store.keys.addSlot(rawKeyProvider(new Uint8Array(32).fill(7)))
    await store.keys.removeSlot(id)
  },
  verify: (store) => verifyStore(store),
}

for (const [index, one] of Object.keys(ACTIONS).entries()) {
  for (const other of Object.keys(ACTIONS).slice(index)) {
    test(`${one} beside ${other} leaves a journal that a crash can be recovered from`, async () => {
      const o = { ...storeOptions(join(folder, `${one}-${other}`)), stateScopes: [{ database: 'alpha' }] }
      const store = await LocalStore.open(o)
      const state = { stopped: false, acknowledged: 0 }
      const writer = async (): Promise<void> => {
        while (!state.stopped) {
          const { sequence } = await store.commit((place) => ({
            facts: FACTS,
            operations: [
              put('alpha', `k${place.sequence % 50}`, 'x'),
              put('beta', `n${place.sequence}`, 'y'.repeat(300)),
            ],
          }))
          state.acknowledged = sequence
          await setImmediate()
        }
      }
      const writers = Promise.all([writer(), writer()])
      for (let round = 0; round < ROUNDS; round++) {
        await Promise.all([ACTIONS[one]!(store), ACTIONS[other]!(store), ACTIONS[one]!(store)])
        const copy = join(folder, `${one}-${other}-copy`)
        const { acknowledged } = state
        await copyAsAfterKill(store, o.path, copy)
        const opened = await LocalStore.open({ ...o, path: copy, create: 'never' })
        expect(opened.sequence).toBeGreaterThanOrEqual(acknowledged)
        expect((await verifyStore(opened)).problems).toEqual([])
        await opened.close()
        removeFolder(copy)
      }
      state.stopped = true
      await writers
      await store.close()
      const again = await LocalStore.open(o)
      expect((await verifyStore(again)).problems).toEqual([])
      await again.close()
    })
  }
}

test('the journal writer refuses a second caller, and stays whole', async () => {
  const store = await LocalStore.open(storeOptions(join(folder, 'one-caller')))
  const { journal } = store.parts
  const first = journal.startSegment()
  await expect(journal.endSegment()).rejects.toThrow('one caller')
  await expect(journal.append([new Uint8Array(8)], { sync: true, preallocate: false })).rejects.toThrow(
    'one caller',
  )
  await first
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }))
  expect((await verifyStore(store)).problems).toEqual([])
  await store.close()
})

test('a commit, an exclusive action and a flush point asked for beside the closing are done before it or refused', async () => {
  for (let round = 0; round < 20; round++) {
    const o = storeOptions(join(folder, `closing-${round}`))
    const store = await LocalStore.open(o)
    const results = await Promise.allSettled([
      store.flush(),
      store.keys
        .rotate()
        .then(() => store.keys.record({ action: 'keys.rotated', facts: {}, operations: [] })),
      store.keys.reseal({ pace: 'full' }),
      store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] })),
      store.exclusively(() => Promise.resolve()),
      store.close(),
      store.flush(),
      store.keys.reseal({ pace: 'full' }),
    ])
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'STORE_CLOSED' })
    expect(store.health().reasons).toEqual([])
    const again = await LocalStore.open(o)
    expect([again.recovery.cleanClose, (await verifyStore(again)).problems]).toEqual([true, []])
    await again.close()
  }
})
