import { ManualClock, SeededRandom } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore, verifyStore } from '@forgeone/engine'
import { Power, SimulatedMachine, type CutStyle } from '@forgeone/engine/testing'
import { afterAll, expect, inject, test } from 'vitest'
import { openLogs, streamDatabases, type LogStream } from '../../src/index.ts'
import { START_MS } from './store-host.ts'

/** Of the points at which the power can go: every one, or one of so many. */
const STEP = inject('isLongTier') ? 1 : 4

const SHARDS = 2
const KEPT = 5

interface Opened {
  readonly store: LocalStore
  readonly logs: LogStream
}

async function open(machine: SimulatedMachine): Promise<Opened> {
  const clock = new ManualClock(START_MS)
  const store = await LocalStore.open({
    databases: streamDatabases('logs', SHARDS),
    provider: rawKeyProvider(new Uint8Array(32).fill(1)),
    files: machine.files,
    backend: machine.backend,
    clock,
    flushPointBytes: 4_000,
  })
  const logs = await openLogs(store, { shardCount: SHARDS, clock, cacheBytes: 0, compaction: 'manual' })
  return { store, logs }
}

/** What a run was told is done. */
interface Told {
  readonly appended: string[]
  /** Removals that were begun, and those that were acknowledged. */
  readonly begun: Set<'retain' | 'remove'>
  readonly done: Set<'retain' | 'remove'>
  /** An append that was begun and not acknowledged: it may be there or not. */
  unsure: string | undefined
}

/** Appends, compacts, trims one topic and removes another; stops where the power goes. */
async function run(machine: SimulatedMachine, told: Told): Promise<void> {
  try {
    const { store, logs } = await open(machine)
    const append = async (name: string): Promise<void> => {
      told.unsure = name
      await logs.append(['keep', 'trim', 'gone'].map((topic) => ({ topic, message: `${name}` })))
      told.appended.push(name)
      told.unsure = undefined
    }
    for (let n = 0; n < 6; n++) await append(`first ${n}`)
    await logs.compact()
    for (let n = 0; n < 4; n++) await append(`second ${n}`)
    told.begun.add('retain')
    await logs.topicOperations.setRetention('trim', { maxCount: KEPT })
    await logs.topicOperations.applyRetention()
    told.done.add('retain')
    await logs.compact({ level: 'max' })
    await append('third')
    told.begun.add('remove')
    await logs.topicOperations.remove('gone')
    told.done.add('remove')
    await logs.compact()
    await logs.close()
    await store.close()
  } catch {
    // The power went out.
  }
}

let states = 0
afterAll(() => console.log(`maintenance states checked: ${states}`))

async function check(machine: SimulatedMachine, told: Told, where: string): Promise<void> {
  const { store, logs } = await open(machine)
  const texts = async (topic: string): Promise<string[]> =>
    (await logs.read({ topic }).toArray()).map(({ message }) => message)
  const all = told.unsure === undefined ? told.appended : [...told.appended, told.unsure]
  const kept = await texts('keep')
  const isWhole = kept.length === all.length || kept.length === told.appended.length
  expect(isWhole, where).toBe(true)
  expect(kept, where).toEqual(all.slice(0, kept.length))
  const trimmed = await texts('trim')
  // The newest are there, in order, and none twice, whatever became of the retention.
  expect(trimmed, where).toEqual(trimmed.length === 0 ? [] : kept.slice(-trimmed.length))
  expect(trimmed.length, where).toBeGreaterThanOrEqual(Math.min(KEPT, kept.length))
  if (!told.begun.has('retain')) expect(trimmed.length, where).toBe(kept.length)
  if (told.done.has('retain')) expect(trimmed.length, where).toBeLessThanOrEqual(KEPT + 1)
  const gone = await texts('gone')
  if (told.done.has('remove')) expect(gone, where).toEqual([])
  else if (!told.begun.has('remove')) expect(gone, where).toEqual(kept)
  else expect([0, kept.length], where).toContain(gone.length)
  expect((await logs.verify()).problems, where).toEqual([])
  expect((await verifyStore(store)).problems, where).toEqual([])
  // What was begun can be done again and finished.
  await logs.topicOperations.setRetention('trim', { maxCount: KEPT })
  await logs.topicOperations.applyRetention()
  await logs.compact()
  expect((await texts('trim')).length, where).toBe(Math.min(KEPT, kept.length))
  expect(await texts('keep'), where).toEqual(kept)
  expect((await logs.verify()).problems, where).toEqual([])
  await logs.close()
  await store.close()
  states++
}

test('a power cut at any sync point of compaction, retention and removal loses nothing and repeats nothing', async () => {
  const whole = new SimulatedMachine()
  await run(whole, newTold())
  const first = new SimulatedMachine()
  await open(first)
  const { points } = whole.power
  expect(points).toBeGreaterThan(first.power.points + 20)
  for (let cutAt = first.power.points; cutAt <= points; cutAt += STEP) {
    const machine = new SimulatedMachine({ power: new Power(cutAt) })
    const told = newTold()
    await run(machine, told)
    const styles: readonly CutStyle[] = [
      { kind: 'drop' },
      { kind: 'keep' },
      { kind: 'torn', random: new SeededRandom(cutAt), blockBytes: 512 },
    ]
    for (const style of styles)
      await check(machine.restart(style), told, `cut at sync point ${cutAt}, ${style.kind}`)
  }
})

function newTold(): Told {
  return { appended: [], begun: new Set(), done: new Set(), unsure: undefined }
}
