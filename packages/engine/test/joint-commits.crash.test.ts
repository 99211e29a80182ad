/** Transactions of several commits: whatever happens, there are all of them or none. */
import { SeededRandom } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, verifyStore } from '../src/index.ts'
import { Power, SimulatedMachine, type CutStyle } from '../src/testing/index.ts'
import { DATABASES, FACTS, put, readRows, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'

const TORN_STYLES = LONG_TIER ? 30 : 1
/** Of the points at which the power can go: every one, or one of so many. */
const STEP = LONG_TIER ? 1 : 4
/** More than a frame takes of commits that do not belong together. */
const LARGE_VALUES = 6
const LARGE_BYTES = 1024 * 1024

let states = 0
afterAll(() => console.log(`states after a power cut checked: ${states}`))

function open({ files, backend }: SimulatedMachine): Promise<LocalStore> {
  return LocalStore.open({
    databases: DATABASES,
    provider: testProvider(),
    files,
    backend,
    flushPointBytes: 9000,
  })
}

interface Tried {
  /** Transactions by their number: how many parts they have. */
  readonly parts: Map<number, number>
  readonly acknowledged: Set<number>
}

/** One part of a transaction: a row of its own in some database. */
function part(
  store: LocalStore,
  o: { readonly number: number; readonly index: number; readonly bytes: number },
) {
  const database = DATABASES[Math.abs(o.number + o.index) % DATABASES.length]!
  const row = put(database, `${o.number}/${o.index}`, 'x'.repeat(o.bytes))
  return () => store.commit(() => ({ facts: FACTS, operations: [row] }), { joins: true })
}

async function transaction(
  store: LocalStore,
  tried: Tried,
  { number, bytes, count }: { number: number; bytes: number; count: number },
): Promise<void> {
  tried.parts.set(number, count)
  const calls = Array.from({ length: count }, (_, index) => part(store, { number, index, bytes }))
  const outcomes = await store.jointly(calls)
  if (outcomes.every(({ status }) => status === 'fulfilled')) tried.acknowledged.add(number)
}

/** Transactions side by side, of many sizes, between commits of others. Stops where the power goes. */
async function run(machine: SimulatedMachine): Promise<Tried> {
  const tried: Tried = { parts: new Map(), acknowledged: new Set() }
  const random = new SeededRandom(11)
  try {
    const store = await open(machine)
    for (let number = 0; number < 24; number += 3) {
      const others = Promise.allSettled(
        [0, 1].map((index) => part(store, { number: -1 - number, index, bytes: 40 })()),
      )
      const sizes = [0, 1, 2].map((more) => ({
        number: number + more,
        count: 1 + random.below(5),
        bytes: random.below(2500),
      }))
      await Promise.all(sizes.map((size) => transaction(store, tried, size)))
      await others
    }
    await transaction(store, tried, { number: 100, count: LARGE_VALUES, bytes: LARGE_BYTES })
    await store.close()
  } catch {
    // The power went out; what was acknowledged is what counts.
  }
  return tried
}

async function check(
  before: SimulatedMachine,
  tried: Tried,
  where: { readonly cutAt: number; readonly style: CutStyle },
): Promise<void> {
  const store = await open(before.restart(where.style))
  const found = new Map<number, number>()
  for (const [place] of await readRows(store)) {
    const number = Number(place.split('/')[1])
    if (number >= 0) found.set(number, (found.get(number) ?? 0) + 1)
  }
  const text = `cut at sync point ${where.cutAt}, ${where.style.kind}`
  for (const [number, count] of found) expect(count, `${text}: ${number}`).toBe(tried.parts.get(number))
  for (const number of tried.acknowledged) expect(found.has(number), `${text}: ${number}`).toBe(true)
  expect((await verifyStore(store)).problems, text).toEqual([])
  await store.close()
  states++
}

test('a power cut at any sync point leaves all commits of a transaction or none', async () => {
  const whole = new SimulatedMachine()
  const all = await run(whole)
  expect(all.acknowledged.size).toBe(25)
  const fresh = new SimulatedMachine()
  await open(fresh)
  const { points } = whole.power
  for (let cutAt = fresh.power.points; cutAt < points; cutAt += STEP) {
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    const tried = await run(before)
    const torn = Array.from({ length: TORN_STYLES }, (_, index): CutStyle => ({
      kind: 'torn',
      random: new SeededRandom(cutAt * 1000 + index),
      blockBytes: index % 2 === 0 ? 512 : 4096,
    }))
    for (const style of [{ kind: 'drop' }, { kind: 'keep' }, ...torn] satisfies CutStyle[])
      await check(before, tried, { cutAt, style })
  }
})

test('a call of a transaction has no part in another store', async () => {
  const [one, other] = await Promise.all([open(new SimulatedMachine()), open(new SimulatedMachine())])
  const row = { number: 1, index: 0, bytes: 1 }
  const outcomes = await one.jointly([part(other, row), part(one, row)])
  expect(
    outcomes.map((each) => each.status === 'rejected' && (each.reason as { code: string }).code),
  ).toEqual(['COMMIT_INVALID', 'COMMIT_ABANDONED'])
  expect([...(await readRows(one)), ...(await readRows(other))]).toEqual([])
  await Promise.all([one.close(), other.close()])
})
