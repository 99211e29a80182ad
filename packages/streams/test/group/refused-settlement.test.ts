// A commit that the store refuses once it is built has written nothing: the group goes on from where it was.

import { expect, test } from 'vitest'
import { GroupHost, takeAvailable, takeExactly } from './group-host.ts'
import type { Delivery, EventStream } from '../../src/index.ts'

/** What one commit takes at most; the row of the ack is one more. */
const OPERATIONS_MAX = 100_000

async function append(events: EventStream, count: number): Promise<void> {
  await events.append(Array.from({ length: count }, (_, n) => ({ topic: 'a', payload: n })))
}

function payloads(deliveries: readonly Delivery[]): readonly unknown[] {
  return deliveries.map(({ entry }) => entry.payload).sort()
}

function rows(count: number): { type: 'put'; database: string; key: Uint8Array; value: Uint8Array }[] {
  return Array.from({ length: count }, (_, n) => ({
    type: 'put',
    database: 'other',
    key: new Uint8Array(Uint32Array.of(n + 1).buffer),
    value: Uint8Array.of(1),
  }))
}

test('an ack with as many rows as one commit takes is refused, and may be given again without them', async () => {
  await using host = new GroupHost()
  const { events, store } = await host.open()
  await append(events, 3)
  const deliveries = await takeExactly(events.subscribe({ group: 'g', topics: 'a' }), 3)
  const [first, second] = deliveries
  const alongside = (): ReturnType<typeof rows> => rows(OPERATIONS_MAX)
  for (const options of [{ alongside }, { alongside, append: { topic: 'b', payload: 0 } }])
    await expect(first!.ack(options)).rejects.toMatchObject({ code: 'COMMIT_INVALID' })
  expect(await store.get('other', rows(1)[0]!.key)).toBeUndefined()
  expect(events.topics('b')).toEqual([])
  // The others of the group are not concerned, and neither is this one.
  await second!.ack()
  await first!.ack({ alongside: () => rows(2) })
  const reopened = await host.reopen()
  expect(payloads(await takeAvailable(reopened.events.subscribe({ group: 'g' })))).toEqual([
    deliveries[2]!.entry.payload,
  ])
})

for (const [name, end] of Object.entries({
  'an ack': (delivery: Delivery) => delivery.ack(),
  'an ack with rows': (delivery: Delivery) => delivery.ack({ alongside: () => rows(1) }),
  'an ack with an event': (delivery: Delivery) => delivery.ack({ append: { topic: 'b', payload: 0 } }),
  'a nack': (delivery: Delivery) => delivery.nack({ reason: 'x' }),
  'a dead letter': (delivery: Delivery) => delivery.deadLetter('x'),
})) {
  test(`${name} whose commit is refused breaks no group: what it ended comes again, before and after a reopening`, async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await append(events, 4)
    const subscription = events.subscribe({ group: 'g', topics: 'a' })
    const [first, second, ...others] = await takeExactly(subscription, 4)
    // One that was given back before has a row of its own.
    await second!.nack({ delayMs: 0 })
    await host.pass(1000)
    const [again] = await takeExactly(subscription, 1)
    for (const delivery of [first!, again!]) {
      host.refuses = (action) => action === 'events.settle' || action === 'events.append'
      await expect(end(delivery)).rejects.toMatchObject({ code: 'COMMIT_INVALID' })
      host.refuses = () => false
    }
    await others[0]!.ack()
    // What is still out comes back with the time; what was ended and is not, at once.
    await host.pass(600_000)
    const expected = payloads([first!, again!, others[1]!])
    expect(payloads(await takeExactly(subscription, 3))).toEqual(expected)
    const reopened = await host.reopen()
    const left = await takeExactly(reopened.events.subscribe({ group: 'g' }), 3)
    expect(payloads(left)).toEqual(expected)
    for (const delivery of left) await delivery.ack()
    const last = await host.reopen()
    expect(await takeAvailable(last.events.subscribe({ group: 'g' }))).toEqual([])
  })
}
