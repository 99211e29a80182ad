import { ManualClock, SeededRandom } from '@forgeone/common'
import { rawKeyProvider } from '@forgeone/crypto'
import { LocalStore } from '@forgeone/engine'
import { Power, SimulatedMachine, type CutStyle } from '@forgeone/engine/testing'
import { expect, inject, test } from 'vitest'
import { IDEMPOTENCY_WINDOW_MS, openEvents, streamDatabases, type EventStream } from '../../src/index.ts'
import { START_MS } from '../stream/store-host.ts'

/** Of the points at which the power can go: every one, or one of so many. */
const STEP = inject('isLongTier') ? 1 : 4

const SHARDS = 2
const CALLS = 24

interface Opened {
  readonly store: LocalStore
  readonly events: EventStream
}

async function open(machine: SimulatedMachine, clock: ManualClock): Promise<Opened> {
  const store = await LocalStore.open({
    databases: streamDatabases('events', SHARDS),
    provider: rawKeyProvider(new Uint8Array(32).fill(1)),
    files: machine.files,
    backend: machine.backend,
    clock,
    flushPointBytes: 3_000,
  })
  return { store, events: await openEvents(store, { shardCount: SHARDS, clock, compaction: 'manual' }) }
}

/** The calls of a producer; the first keys are out of date when the last are used, so that rows are deleted too. */
async function produce(events: EventStream, clock: ManualClock, done: (n: number) => void): Promise<void> {
  for (let n = 0; n < CALLS; n++) {
    clock.advance((2 * IDEMPOTENCY_WINDOW_MS) / CALLS)
    const both = ['a', 'b'].map((topic) => ({ topic, payload: n }))
    await events.append(both, { idempotencyKey: `${n}` })
    done(n)
  }
}

test('a producer that retries after a power cut has each of its appends once, wherever the cut was', async () => {
  const whole = new SimulatedMachine()
  const wholeClock = new ManualClock(START_MS)
  const { store: wholeStore, events: wholeEvents } = await open(whole, wholeClock)
  const firstPoint = whole.power.points
  await produce(wholeEvents, wholeClock, () => undefined)
  await wholeEvents.close()
  await wholeStore.close()
  for (let cutAt = firstPoint; cutAt <= whole.power.points; cutAt += STEP) {
    const machine = new SimulatedMachine({ power: new Power(cutAt) })
    const clock = new ManualClock(START_MS)
    let acknowledged = 0
    try {
      const { store, events } = await open(machine, clock)
      await produce(events, clock, () => acknowledged++)
      await events.close()
      await store.close()
    } catch {
      // The power went out.
    }
    const styles: readonly CutStyle[] = [
      { kind: 'drop' },
      { kind: 'keep' },
      { kind: 'torn', random: new SeededRandom(cutAt), blockBytes: 512 },
    ]
    for (const style of styles) {
      const where = `cut at sync point ${cutAt}, ${style.kind}`
      const { store, events } = await open(machine.restart(style), new ManualClock(clock.now()))
      // It knows what was acknowledged, and makes the call again that was not, and a few before it.
      for (let n = Math.max(0, acknowledged - 3); n < CALLS; n++) {
        const both = ['a', 'b'].map((topic) => ({ topic, payload: n }))
        const { duplicate } = await events.append(both, { idempotencyKey: `${n}` })
        if (n < acknowledged) expect(duplicate, where).toBe(true)
        if (n > acknowledged) expect(duplicate, where).toBe(false)
      }
      for (const topic of ['a', 'b']) {
        const payloads = (await events.read({ topic }).toArray()).map(({ payload }) => payload)
        expect(payloads, where).toEqual(Array.from({ length: CALLS }, (_, n) => n))
      }
      await events.close()
      await store.close()
    }
  }
})
