import { SeededRandom } from '@forgeone/common'
import { DistantRows, DistantStore } from '@forgeone/engine/testing'
import { expect, test } from 'vitest'
import { Settings } from '../src/settings/settings.ts'

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 1)

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function distantSettings(random: SeededRandom): {
  readonly store: DistantStore
  readonly settings: Settings
} {
  const way = (): Promise<void> => turns(1 + random.below(3))
  const store = new DistantStore({ rows: new DistantRows(['system']), way })
  return {
    store,
    settings: new Settings({ store, database: 'system', keyspace: 0x10, facility: 'settings' }),
  }
}

test.each(SEEDS)(
  'no version is given out twice where answers come later, and the last call stands, seed %i',
  async (seed) => {
    const random = new SeededRandom(seed)
    const { store, settings } = distantSettings(random)
    const sets: Promise<{ readonly version: number; readonly value: unknown }>[] = []
    const [first] = await store.jointly([() => settings.set('a', 0), () => settings.set('a', 1)])
    expect(first).toMatchObject({ status: 'fulfilled', value: { version: 1 } })
    for (let n = 2; n < 40; n++) {
      sets.push(settings.set('a', n))
      await turns(random.below(6))
    }
    const done = await Promise.all(sets)
    expect(done.map(({ version }) => version)).toEqual(done.map((_, n) => n + 3))
    expect(await settings.describe('a')).toMatchObject({ version: 40, value: 39 })
    await store.close()
  },
)

test.each(SEEDS)(
  'of callers that expect one version one comes through, also behind a deletion, seed %i',
  async (seed) => {
    const random = new SeededRandom(seed)
    const { store, settings } = distantSettings(random)
    for (let round = 0; round < 4; round++) {
      const tries: Promise<readonly PromiseSettledResult<unknown>[]>[] = []
      for (let n = 0; n < 8; n++) {
        tries.push(Promise.allSettled([settings.set('a', n, { expectedVersion: 0 })]))
        await turns(random.below(4))
      }
      const outcomes = (await Promise.all(tries)).flat()
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      // One that comes later holds the name while the deletion is made.
      const late = settings.set('a', 'late', { expectedVersion: 1 })
      const gone = settings.delete('a')
      await Promise.all([late, gone])
      await settings.delete('a')
      expect(await settings.describe('a')).toBeUndefined()
    }
    await store.close()
  },
)
