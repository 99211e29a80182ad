import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LocalStore, verifyStore, type LocalStoreOptions, type Operation } from '../src/index.ts'
import { SimulatedMachine, type CutStyle } from '../src/testing/index.ts'
import { DATABASES, put, readRows, remove, sortedRows, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'
import { Oracle } from './oracle.ts'

type Step =
  | {
      readonly kind: 'commits'
      readonly groups: readonly (readonly Operation[])[]
      readonly durability: 'sync' | 'relaxed'
    }
  | { readonly kind: 'flush' }
  | { readonly kind: 'reopen' }
  | {
      readonly kind: 'crash'
      readonly style: CutStyle['kind']
      readonly seed: number
      readonly midway: readonly Operation[]
    }

const operation = fc
  .record({
    database: fc.constantFrom(...DATABASES),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    value: fc.string({ maxLength: 1500 }),
    deletes: fc.boolean(),
  })
  .map(({ database, key, value, deletes }) => (deletes ? remove(database, key) : put(database, key, value)))
const operations = fc.array(operation, { maxLength: 6 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('commits' as const),
      groups: fc.array(operations, { minLength: 1, maxLength: 5 }),
      durability: fc.constantFrom('sync' as const, 'relaxed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'flush' as const }, { kind: 'reopen' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      style: fc.constantFrom('drop' as const, 'keep' as const, 'torn' as const),
      seed: fc.nat(),
      midway: operations,
    }),
  },
)

function cutStyle(kind: CutStyle['kind'], seed: number): CutStyle {
  return kind === 'torn'
    ? { kind, random: new SeededRandom(seed), blockBytes: seed % 2 === 0 ? 512 : 4096 }
    : { kind }
}

async function history(steps: readonly Step[]): Promise<void> {
  let machine = new SimulatedMachine()
  const oracle = new Oracle()
  const open = (): Promise<LocalStore> =>
    LocalStore.open({
      databases: DATABASES,
      provider: testProvider(),
      files: machine.files,
      backend: machine.backend,
      flushPointBytes: 4000,
    })
  let store = await open()
  for (const current of steps) {
    if (current.kind === 'commits') {
      const { groups, durability } = current
      const acknowledged = await Promise.all(groups.map((group) => oracle.commit(store, group, durability)))
      expect(acknowledged).not.toContain(false)
    } else if (current.kind === 'flush') {
      await store.flush()
      oracle.allDurable()
    } else if (current.kind === 'reopen') {
      await store.close()
      oracle.allDurable()
      store = await open()
      expect(store.recovery).toMatchObject({ cleanClose: true, commitsReplayed: 0 })
    } else {
      const unsettled = oracle.commit(store, current.midway)
      machine = machine.restart(cutStyle(current.style, current.seed))
      await unsettled
      await store.close().catch(() => undefined)
      store = await open()
      expect(await oracle.settleAfterCrash(store)).toBeUndefined()
    }
    expect(sortedRows(await readRows(store))).toEqual(sortedRows(oracle.latest))
  }
  expect(await verifyStore(store)).toMatchObject({ ok: true, problems: [] })
  await store.close()
}

test('any history of commits, flushes, reopenings and power cuts leaves every durable commit whole and in order', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), history), {
    numRuns: LONG_TIER ? 20_000 : 100,
  })
})

test('on disk, random commits survive reopening and equal the model', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forge-model-'))
  let next = 0
  const history = async (rounds: readonly (readonly (readonly Operation[])[])[]): Promise<void> => {
    const options: LocalStoreOptions = {
      path: join(folder, `s${next++}`),
      databases: DATABASES,
      provider: testProvider(),
      flushPointBytes: 4000,
    }
    const oracle = new Oracle()
    for (const commits of rounds) {
      const store = await LocalStore.open(options)
      await Promise.all(
        commits.map((each, index) => oracle.commit(store, each, index % 2 === 0 ? 'relaxed' : 'sync')),
      )
      expect(sortedRows(await readRows(store))).toEqual(sortedRows(oracle.latest))
      expect(await verifyStore(store)).toMatchObject({ ok: true, problems: [] })
      await store.close()
    }
    const store = await LocalStore.open(options)
    expect(sortedRows(await readRows(store))).toEqual(sortedRows(oracle.latest))
    await store.close()
  }
  try {
    const rounds = fc.array(fc.array(operations, { maxLength: 20 }), { minLength: 1, maxLength: 4 })
    await fc.assert(fc.asyncProperty(rounds, history), { numRuns: LONG_TIER ? 1_000 : 4 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
