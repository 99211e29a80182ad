import { SeededRandom } from '@forgeone/common'
import { Power, SimulatedMachine, type CutStyle } from '@forgeone/engine/testing'
import { afterAll, expect, inject, test } from 'vitest'
import type { Delivery, EventStream, GroupOrder } from '../../src/index.ts'
import { GroupHost, settled, takeAvailable, takeExactly, upTo } from './group-host.ts'

/** Of the points at which the power can go: every one, or one of so many. */
const STEP = inject('isLongTier') ? 1 : 4

let states = 0
afterAll(() => console.log(`group states after a power loss checked: ${states}`))

/** What the consumer was told before the power went. */
class Witness {
  readonly acked = new Set<number>()
  readonly dead = new Set<number>()
  readonly attempts = new Map<number, number>()
  appended = 0
}

function open(machine: SimulatedMachine): GroupHost {
  const { files, backend } = machine
  return new GroupHost({ shardCount: 2, place: { files, backend } })
}

const numberOf = (delivery: Delivery): number => Number(delivery.entry.payload)

/** Two lives of a consumer: acks, an ack with an effect, retries, dead letters, a clean close between. */
async function run(host: GroupHost, order: GroupOrder, witness: Witness): Promise<void> {
  const note = (deliveries: readonly Delivery[]): void => {
    for (const delivery of deliveries) witness.attempts.set(numberOf(delivery), delivery.attempt)
  }
  const acked = async (delivery: Delivery, effect: boolean): Promise<void> => {
    const payload = numberOf(delivery)
    await delivery.ack(effect ? { append: { topic: 'effect', payload } } : {})
    witness.acked.add(payload)
  }
  const { events } = await host.open()
  for (const n of upTo(3)) {
    await events.append(upTo(3).map((k) => ({ topic: `a.${k % 2}`, payload: n * 3 + k })))
    witness.appended = n * 3 + 3
  }
  const policy = { topics: 'a.*', order, maxDeliveries: 5, backoffMs: 0 }
  const subscription = events.subscribe({ group: 'g', ...policy })
  const first = await takeExactly(subscription, 6)
  note(first)
  await Promise.all([acked(first[0]!, true), acked(first[1]!, false), acked(first[2]!, true)])
  await first[3]!.nack()
  await first[4]!.deadLetter('poison')
  witness.dead.add(numberOf(first[4]!))
  const retried = await takeExactly(subscription, 1)
  note(retried)
  await acked(retried[0]!, true)
  // In the second life: what was out comes again, before what was never handed out.
  const again = await host.reopen()
  const second = await takeExactly(again.events.subscribe({ group: 'g' }), 3)
  note(second)
  await second[0]!.nack({ delayMs: 1 })
  await acked(second[1]!, true)
  await acked(second[2]!, false)
  await host.close()
}

/** Whatever fails after the cut fails because of it: what the witness saw before is what counts. */
async function runUntilCut(machine: SimulatedMachine, order: GroupOrder, witness: Witness): Promise<void> {
  const over = new AbortController()
  void run(open(machine), order, witness)
    .catch(() => undefined)
    .finally(() => over.abort())
  while (!over.signal.aborted && !machine.power.gone) await settled(1)
  await settled()
}

async function numbers(events: EventStream, topic: string): Promise<number[]> {
  return (await events.read({ topic }).toArray()).map(({ payload }) => Number(payload))
}

async function check(
  machine: SimulatedMachine,
  witness: Witness,
  o: { where: string; isKill: boolean },
): Promise<void> {
  const host = open(machine)
  const { events } = await host.open()
  await host.pass(10)
  const stored = [...(await numbers(events, 'a.0')), ...(await numbers(events, 'a.1'))]
  const effects = await numbers(events, 'effect')
  const dead = await numbers(events, '$dead.g')
  const deliveries =
    events.groups.get('g') === undefined ? [] : await takeAvailable(events.subscribe({ group: 'g' }))
  const redelivered = deliveries.map(numberOf)
  const { where } = o
  expect(stored.length, `${where}: appends`).toBeGreaterThanOrEqual(witness.appended)
  expect(new Set(effects).size, `${where}: an effect twice`).toBe(effects.length)
  expect(new Set(dead).size, `${where}: a dead letter twice`).toBe(dead.length)
  expect(new Set(redelivered).size, `${where}: an event twice`).toBe(redelivered.length)
  for (const payload of witness.acked) expect(redelivered, `${where}: acked`).not.toContain(payload)
  for (const payload of witness.dead) expect(dead, `${where}: dead`).toContain(payload)
  for (const payload of [...effects, ...dead]) expect(redelivered, `${where}: settled`).not.toContain(payload)
  for (const delivery of deliveries) {
    const before = witness.attempts.get(numberOf(delivery)) ?? 0
    // Losing power may take a hand-out that was not synced with it; losing the process must not.
    if (o.isKill)
      expect(delivery.attempt, `${where}: attempts of ${numberOf(delivery)}`).toBeGreaterThan(before)
  }
  if (events.groups.get('g') !== undefined) {
    const settledSilently = stored.filter(
      (payload) => !redelivered.includes(payload) && !dead.includes(payload),
    )
    // Whatever is neither out nor dead was acked; at most the acks that were under way say so without the witness.
    for (const payload of settledSilently)
      expect(witness.attempts.has(payload), `${where}: ${payload} was lost`).toBe(true)
    expect(settledSilently.length - witness.acked.size, `${where}: acks`).toBeLessThanOrEqual(3)
  }
  await settled(2)
  await host.close()
  states++
}

test.each(['log', 'priority'] as const)(
  'a power cut at any sync point keeps acks, effects and dead letters of a group in order %s',
  async (order) => {
    const whole = new SimulatedMachine()
    const complete = new Witness()
    await run(open(whole), order, complete)
    expect(complete.acked.size).toBe(6)
    const { points } = whole.power
    const created = new SimulatedMachine()
    await open(created).open()
    for (let cutAt = created.power.points; cutAt < points; cutAt += STEP) {
      const styles: readonly CutStyle[] = [
        { kind: 'keep' },
        { kind: 'drop' },
        { kind: 'torn', random: new SeededRandom(cutAt), blockBytes: 512 },
      ]
      for (const style of styles) {
        const machine = new SimulatedMachine({ power: new Power(cutAt) })
        const witness = new Witness()
        await runUntilCut(machine, order, witness)
        await check(machine.restart(style), witness, {
          where: `cut at ${cutAt}, ${style.kind}`,
          isKill: style.kind === 'keep',
        })
      }
    }
  },
)
