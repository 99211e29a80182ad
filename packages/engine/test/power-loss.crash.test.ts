import { SeededRandom } from '@forgeone/common'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, verifyStore } from '../src/index.ts'
import { SimulatedMachine, Power, type CutStyle } from '../src/testing/index.ts'
import { DATABASES, put, remove, testProvider } from './model.ts'
import { LONG_TIER } from './tier.ts'
import { Oracle } from './oracle.ts'

const SEEDS = LONG_TIER ? 40 : 1
/** Cuts inside the recovery of each state, spread over its sync points. */
const CUTS_IN_RECOVERY = LONG_TIER ? 8 : 1

/** Of the points at which the power can go: every one, or one of so many. */
const STEP = LONG_TIER ? 1 : 4

let states = 0
afterAll(() => console.log(`power-loss states checked: ${states}`))

function open(machine: SimulatedMachine): Promise<LocalStore> {
  const { files, backend } = machine
  return LocalStore.open({
    databases: DATABASES,
    provider: testProvider(),
    files,
    backend,
    flushPointBytes: 6000,
  })
}

/** Creation, commits of both kinds, flush points, a clean close in the middle. Stops where the power goes. */
async function run(
  machine: SimulatedMachine,
  oracle: Oracle,
  durabilities: readonly ('sync' | 'relaxed')[],
): Promise<void> {
  try {
    for (let round = 0; round < 3; round++) {
      const store = await open(machine)
      for (let index = 0; index < 10; index++) {
        const name = `k${(round * 10 + index) % 7}`
        const value = `${round}.${index}.${'x'.repeat((index * 977) % 3000)}`
        const group = [
          [put('alpha', name, value), put('beta', name, value), put('gamma', 'last', value)],
          [remove('beta', name), put('alpha', `only${index}`, value)],
        ]
        await Promise.all(
          group.map((each, at) =>
            oracle.commit(store, each, durabilities[(index + at) % durabilities.length]),
          ),
        )
      }
      if (round === 1) await store.flush()
      await store.close()
      // A poisoned store closes too, without promising anything.
      if (machine.power.gone) return
      oracle.allDurable()
    }
  } catch {
    // The power went out; what the oracle saw acknowledged is what counts.
  }
}

function styles(seed: number): readonly CutStyle[] {
  const torn = Array.from({ length: SEEDS * 2 }, (_, index): CutStyle => {
    const blockBytes = index % 2 === 0 ? 512 : 4096
    return { kind: 'torn', random: new SeededRandom(seed * 1000 + index), blockBytes }
  })
  return [{ kind: 'drop' }, { kind: 'keep' }, ...torn]
}

async function sweep(durabilities: readonly ('sync' | 'relaxed')[]): Promise<void> {
  const whole = new SimulatedMachine()
  await run(whole, new Oracle(), durabilities)
  const { points } = whole.power
  expect(points).toBeGreaterThan(40)
  // A creation that is cut starts again on a real directory only: `creation.crash.test.ts`.
  for (let cutAt = await pointsOfCreation(); cutAt < points; cutAt += STEP) {
    const before = new SimulatedMachine({ power: new Power(cutAt) })
    const oracle = new Oracle()
    await run(before, oracle, durabilities)
    for (const style of styles(cutAt)) await check(before, oracle.copy(), { cutAt, style })
  }
}

async function pointsOfCreation(): Promise<number> {
  const machine = new SimulatedMachine()
  await open(machine)
  return machine.power.points
}

async function check(
  before: SimulatedMachine,
  oracle: Oracle,
  at: { cutAt: number; style: CutStyle },
): Promise<void> {
  let machine = before
  for (let cut = 0; cut < CUTS_IN_RECOVERY; cut++) {
    machine = machine.restart(at.style, 1 + cut * 3 + (at.cutAt % 5))
    const recovering = await open(machine).catch(() => undefined)
    await recovering?.close().catch(() => undefined)
  }
  machine = machine.restart(at.style)
  const where = `cut at sync point ${at.cutAt}, ${at.style.kind}`
  const store = await open(machine).catch((error: unknown) => error)
  if (!(store instanceof LocalStore)) throw new Error(`${where}: does not open`, { cause: store })
  expect(await oracle.settleAfterCrash(store), where).toBeUndefined()
  expect((await verifyStore(store)).problems, where).toEqual([])
  expect(await oracle.commit(store, [put('alpha', 'after', 'crash'), put('gamma', 'after', 'crash')])).toBe(
    true,
  )
  await store.close()
  oracle.allDurable()
  const again = await open(machine)
  expect(again.recovery, where).toMatchObject({ cleanClose: true, commitsReplayed: 0 })
  expect(await oracle.settleAfterCrash(again), where).toBeUndefined()
  await again.close()
  states++
}

test('a power cut at any sync point of a synced history loses no acknowledged commit', () => sweep(['sync']))

test('a power cut at any sync point of a relaxed history leaves a prefix of it', () =>
  sweep(['relaxed', 'relaxed', 'sync']))
