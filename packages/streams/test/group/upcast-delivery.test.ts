import { expect, test } from 'vitest'
import { StoreHost } from '../stream/store-host.ts'

test('an upcast that throws keeps no other event from a group, and loses none', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { events } = await host.open()
  events.defineUpcast({
    topic: 'a',
    from: 1,
    to: 2,
    apply: (payload) => {
      if (payload === 0) throw new Error('no zero')
      return `upcast ${String(payload)}`
    },
  })
  // The first of a batch is the one that fails.
  for (let n = 0; n < 5; n++) await events.append({ topic: 'a', payload: n })
  const subscription = events.subscribe({ group: 'g', topics: 'a', from: 'start' })
  const ids = (await events.read({ topic: 'a' }).toArray()).map(({ id }) => id)
  const seen: string[] = []
  while (seen.length < 5) {
    for (const delivery of await subscription.nextBatch(2)) {
      seen.push(delivery.entry.id)
      if (delivery.entry.id === ids[0]) {
        expect(() => delivery.entry.payload).toThrow(
          expect.objectContaining({
            code: 'STREAM_UPCAST_FAILED',
            details: expect.objectContaining({ id: ids[0] }),
          }),
        )
        await delivery.deadLetter('no upcast')
      } else {
        expect(delivery.entry.payload).toMatch(/^upcast [1-4]$/)
        await delivery.ack()
      }
    }
  }
  expect(seen.toSorted()).toEqual(ids.toSorted())
  await subscription.close()
  expect(await events.groups.lag('g')).toMatchObject({ entries: 0 })
  const [dead] = await events.read({ topic: '$dead.g' }).toArray()
  expect(dead).toMatchObject({ payload: 0 })
})
