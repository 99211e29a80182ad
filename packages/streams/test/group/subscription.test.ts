import { SeededRandom } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import type { Delivery } from '../../src/index.ts'
import {
  appendNumbers,
  GroupHost,
  payloads,
  settled,
  takeAvailable,
  takeExactly,
  upTo,
} from './group-host.ts'
import { isOnDistantStores } from '../store-place.ts'

describe('a subscription', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'has no gap and no repetition where stored meets coming, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed)
      await using host = new GroupHost({ shardCount: 1 + random.below(4) })
      const { events } = await host.open()
      const total = 300
      const produce = async (): Promise<void> => {
        const calls: Promise<unknown>[] = []
        for (let n = 0; n < total; n++) {
          calls.push(events.append({ topic: `t${random.below(5)}`, payload: n }))
          if (random.below(3) === 0) await Promise.all(calls.splice(0))
          if (random.below(10) === 0) await new Promise((resolve) => setImmediate(resolve))
          if (n === 100) started.resolve()
        }
        await Promise.all(calls)
      }
      const started = Promise.withResolvers<void>()
      const producing = produce()
      await started.promise
      const subscription = events.subscribe({ group: 'g', topics: '>', maxInFlight: 1 + random.below(40) })
      const ids: string[] = []
      while (ids.length < total) {
        const batch = await subscription.nextBatch(1 + random.below(30))
        ids.push(...batch.map(({ entry }) => entry.id))
        await subscription.ackAll(batch)
      }
      await producing
      expect(ids).toEqual((await events.read().toArray()).map(({ id }) => id))
    },
  )

  test('never has more out than it allows, and goes on when there is room', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 20)
    const subscription = events.subscribe({ group: 'g', topics: 'a', maxInFlight: 3 })
    const out = await takeExactly(subscription, 3)
    let more: readonly Delivery[] | undefined
    void subscription.nextBatch(5).then((batch) => (more = batch))
    await settled()
    expect(more).toBeUndefined()
    await Promise.all(out.slice(0, 2).map((delivery) => delivery.ack()))
    await settled()
    expect(payloads([...more!, ...(await takeExactly(subscription, 2 - more!.length))])).toEqual([3, 4])
    void subscription.nextBatch(5)
    await settled()
    expect(events.groups.get('g')).toMatchObject({ inFlight: 3 })
  })

  test('may be asked for what is there now only', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    const subscription = events.subscribe({ group: 'g', topics: 'a', maxInFlight: 4 })
    expect(await subscription.nextBatch(10, { wait: false })).toEqual([])
    await appendNumbers(events, 'a', 5)
    const out = await subscription.nextBatch(10, { wait: false })
    expect(payloads(out)).toEqual(upTo(4))
    expect(await subscription.nextBatch(10, { wait: false })).toEqual([])
    await subscription.ackAll(out)
    await events.groups.pause('g')
    expect(await subscription.nextBatch(10, { wait: false })).toEqual([])
    await events.groups.resume('g')
    expect(payloads(await subscription.nextBatch(10, { wait: false }))).toEqual([4])
  })

  test('can be iterated over, and ends when it is closed', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 5)
    await using subscription = events.subscribe({ group: 'g', topics: 'a' })
    const seen: unknown[] = []
    for await (const delivery of subscription) {
      seen.push(delivery.entry.payload)
      await delivery.ack()
      if (seen.length === 5) void subscription.close()
    }
    expect(seen).toEqual(upTo(5))
    expect(await subscription.nextBatch(1)).toEqual([])
  })

  test('ends when its stream is closed', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    const subscription = events.subscribe({ group: 'g', topics: 'a' })
    const waiting = subscription.nextBatch(1)
    const handled = events.subscribe({ group: 'h', topics: 'a' }, () => undefined)
    await settled()
    await host.close()
    expect(await waiting).toEqual([])
    await handled.done()
    expect(() => events.subscribe({ group: 'g', topics: 'a' })).toThrow(
      expect.objectContaining({ code: 'STORE_CLOSED' }),
    )
  })
})

describe('a handler', () => {
  test('acks by returning and gives back by throwing, until the last attempt', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 3)
    const calls: string[] = []
    events.subscribe({ group: 'g', topics: 'a', backoffMs: 0, maxDeliveries: 3 }, ({ entry, attempt }) => {
      calls.push(`${entry.payload}.${attempt}`)
      if (entry.payload === 1) throw new Error('cannot')
    })
    for (let round = 0; round < 5; round++) await host.pass(1)
    expect(calls.toSorted()).toEqual(['0.1', '1.1', '1.2', '1.3', '2.1'])
    expect(await events.read({ topic: '$dead.g' }).toArray()).toMatchObject([
      { payload: 1, metadata: { $dead: { reason: 'cannot', attempts: 3 } } },
    ])
    expect((await events.groups.lag('g')).entries).toBe(0)
  })

  test('that hangs loses its delivery, and the next one is handled', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 2)
    const calls: string[] = []
    events.subscribe({ group: 'g', topics: 'a', ackTimeoutMs: 100 }, async ({ entry, attempt }) => {
      calls.push(`${entry.payload}.${attempt}`)
      if (entry.payload === 0 && attempt === 1) await new Promise(() => undefined)
    })
    await settled()
    expect(calls).toEqual(['0.1'])
    await host.pass(100)
    expect(calls.toSorted()).toEqual(['0.1', '0.2', '1.1'])
    expect((await events.groups.lag('g')).entries).toBe(0)
  })

  test('that settles by itself is left alone', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 2)
    events.subscribe({ group: 'g', topics: 'a' }, async (delivery) => {
      if (delivery.entry.payload === 0) await delivery.deadLetter('no')
      else await delivery.ack({ append: { topic: 'b', payload: 'done' } })
    })
    await settled()
    expect((await events.groups.lag('g')).entries).toBe(0)
    expect(await events.read({ topic: 'b' }).toArray()).toHaveLength(1)
    expect(await events.read({ topic: '$dead.g' }).toArray()).toHaveLength(1)
  })

  test('of batches gets several at once, side by side if wanted', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 10)
    const sizes: number[] = []
    let running = 0
    let most = 0
    events.subscribe({
      group: 'g',
      topics: 'a',
      batch: 3,
      concurrency: 2,
      handlerBatch: async (deliveries) => {
        most = Math.max(most, ++running)
        sizes.push(deliveries.length)
        await settled(3)
        running--
      },
    })
    await settled(90)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10)
    expect(Math.max(...sizes)).toBe(3)
    expect(most).toBe(2)
    expect((await events.groups.lag('g')).entries).toBe(0)
  })

  test('that is slow is waited for when its subscription closes', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 3)
    let finished = 0
    const subscription = events.subscribe({ group: 'g', topics: 'a' }, async () => {
      await settled(5)
      finished++
    })
    await settled(3)
    await subscription.close()
    expect(finished).toBe(1)
    expect((await events.groups.lag('g')).entries).toBe(2)
  })

  test.skipIf(isOnDistantStores())('works for a thousand groups of one topic', async () => {
    await using host = new GroupHost({ shardCount: 2 })
    let { events } = await host.open()
    const counts = new Map<string, number>()
    const subscribe = async (): Promise<void> => {
      const subscriptions = upTo(1000).map((n) =>
        events.subscribe({ group: `g${n}`, topics: 'a' }, () => {
          counts.set(`g${n}`, (counts.get(`g${n}`) ?? 0) + 1)
        }),
      )
      await Promise.all(subscriptions.map(({ ready }) => ready))
    }
    await subscribe()
    for (const n of upTo(3)) {
      await appendNumbers(events, 'a', 1, n)
      await settled()
    }
    expect([...counts.values()]).toEqual(upTo(1000).map(() => 3))
    ;({ events } = await host.reopen())
    await subscribe()
    await appendNumbers(events, 'a', 1, 3)
    await settled()
    expect([...counts.values()]).toEqual(upTo(1000).map(() => 4))
    expect(await takeAvailable(events.subscribe({ group: 'g500' }))).toEqual([])
  })
})
