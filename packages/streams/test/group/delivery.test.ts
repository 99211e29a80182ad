import { ForgeError } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import {
  appendNumbers,
  GroupHost,
  payloads,
  settled,
  takeAvailable,
  takeExactly,
  upTo,
} from './group-host.ts'

const errorCode = (code: string): unknown => expect.objectContaining({ code })

describe('a delivery', () => {
  test('that was acked is never handed out again, also after reopening', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a', 10)
    const first = await takeExactly(events.subscribe({ group: 'g', topics: 'a' }), 10)
    expect(payloads(first)).toEqual(upTo(10))
    await Promise.all(first.filter((_, n) => n !== 3 && n !== 7).map((delivery) => delivery.ack()))
    ;({ events } = await host.reopen())
    const again = await takeAvailable(events.subscribe({ group: 'g' }))
    expect(payloads(again)).toEqual([3, 7])
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2])
  })

  test('that was only prepared when the stream closed counts no attempt', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a', 5)
    await takeExactly(events.subscribe({ group: 'g', topics: 'a' }), 1)
    await settled()
    ;({ events } = await host.reopen())
    const again = await takeExactly(events.subscribe({ group: 'g' }), 5)
    expect(again.map(({ entry, attempt }) => [entry.payload, attempt]).sort()).toEqual([
      [0, 2],
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ])
  })

  test('that is not settled in time goes to somebody else, and a late ack is refused', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    const slow = events.subscribe({ group: 'g', topics: 'a', ackTimeoutMs: 1000 })
    const [late] = await slow.nextBatch(1)
    await host.pass(999)
    expect(late!.isOpen).toBe(true)
    await host.pass(1)
    const [again] = await events.subscribe({ group: 'g' }).nextBatch(1)
    expect(again).toMatchObject({ attempt: 2, entry: { payload: 0 } })
    await expect(late!.ack()).rejects.toThrow(errorCode('STREAM_DELIVERY_EXPIRED'))
    await again!.ack()
    expect((await events.groups.lag('g')).entries).toBe(0)
  })

  test('lives longer when it is extended', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    const [delivery] = await events.subscribe({ group: 'g', topics: 'a', ackTimeoutMs: 1000 }).nextBatch(1)
    await host.pass(900)
    delivery!.extend(500)
    await host.pass(499)
    expect(delivery!.isOpen).toBe(true)
    await host.pass(1)
    expect(delivery!.isOpen).toBe(false)
  })

  test('that is given back comes again after a delay that doubles, or the one named', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    const subscription = events.subscribe({ group: 'g', topics: 'a', backoffMs: 100, ackTimeoutMs: 60_000 })
    for (const delayMs of [100, 200, 400]) {
      const [delivery] = await subscription.nextBatch(1)
      await delivery!.nack()
      await host.pass(delayMs - 1)
      expect(events.groups.get('g')).toMatchObject({ inFlight: 0, waiting: 1 })
      expect(await takeAvailable(events.subscribe({ group: 'g' }))).toEqual([])
      await host.pass(1)
    }
    const [delivery] = await subscription.nextBatch(1)
    expect(delivery!.attempt).toBe(4)
    await delivery!.nack({ delayMs: 7 })
    await host.pass(7)
    expect(await subscription.nextBatch(1)).toMatchObject([{ attempt: 5 }])
  })

  test('whose hand-out or ack could not be written for lack of space is not lost', async () => {
    await using host = new GroupHost()
    const { events, store } = await host.open()
    await appendNumbers(events, 'a', 3)
    const subscription = events.subscribe({ group: 'g', topics: 'a' })
    await subscription.ready
    const commit = store.commit.bind(store)
    const fill = (): void => {
      store.commit = () => Promise.reject(new ForgeError('STORAGE_FULL', 'the disk is nearly full'))
    }
    fill()
    await expect(subscription.nextBatch(3)).rejects.toThrow(errorCode('STORAGE_FULL'))
    store.commit = commit
    const out = await takeExactly(subscription, 3)
    expect(out.map(({ entry, attempt }) => [entry.payload, attempt])).toEqual(upTo(3).map((n) => [n, 1]))
    await settled()
    fill()
    await expect(out[1]!.ack()).rejects.toThrow(errorCode('STORAGE_FULL'))
    store.commit = commit
    expect(await subscription.nextBatch(1)).toMatchObject([{ attempt: 2, entry: { payload: 1 } }])
  })

  test('can be settled once', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    const [delivery] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
    await delivery!.ack()
    for (const again of [delivery!.ack(), delivery!.nack(), delivery!.deadLetter('x')])
      await expect(again).rejects.toThrow(errorCode('STREAM_DELIVERY_SETTLED'))
    expect(() => delivery!.extend(5)).toThrow(errorCode('STREAM_DELIVERY_SETTLED'))
  })

  test('with a time is not handed out before it, and readers see it at once', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await events.append({ topic: 'a', payload: 'later' }, { deliverAfterMs: 5000 })
    await events.append({ topic: 'a', payload: 'now' })
    const now = await takeAvailable(events.subscribe({ group: 'g', topics: 'a' }))
    expect(payloads(now)).toEqual(['now'])
    await now[0]!.ack()
    expect(await events.read().toArray()).toHaveLength(2)
    ;({ events } = await host.reopen())
    const waiting = events.subscribe({ group: 'g' }).nextBatch(5)
    await host.pass(4999)
    expect(events.groups.get('g')).toMatchObject({ inFlight: 0, waiting: 1 })
    await host.pass(1)
    expect((await waiting).map(({ entry, attempt }) => [entry.payload, attempt])).toEqual([['later', 1]])
  })
})

describe('an ack with effects', () => {
  test('appends events in the same commit', async () => {
    await using host = new GroupHost()
    const { events, store } = await host.open()
    await appendNumbers(events, 'a', 1)
    const [delivery] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
    await settled()
    const before = store.sequence
    const receipt = await delivery!.ack({
      append: [
        { topic: 'b', payload: 1 },
        { topic: 'c', payload: 2 },
      ],
    })
    expect(store.sequence).toBe(before + 1)
    expect(receipt).toMatchObject({ count: 2, sequence: before + 1 })
    const reopened = await host.reopen()
    expect(await takeAvailable(reopened.events.subscribe({ group: 'g' }))).toEqual([])
    expect(await reopened.events.read({ topic: 'b' }).toArray()).toHaveLength(1)
  })

  test('that are refused leaves the delivery open and appends nothing', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await events.append({ topic: 'b', payload: 0, id: 'taken' })
    await appendNumbers(events, 'a', 1)
    const [delivery] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
    await expect(delivery!.ack({ append: { topic: 'b', payload: 1, id: 'taken' } })).rejects.toThrow(
      errorCode('STREAM_ID_EXISTS'),
    )
    await expect(delivery!.ack({ append: { topic: '$dead.g', payload: 1 } })).rejects.toThrow(
      errorCode('STREAM_TOPIC_INVALID'),
    )
    expect(delivery!.isOpen).toBe(true)
    await delivery!.ack()
    expect((await events.groups.lag('g')).entries).toBe(0)
  })

  test('writes rows of others in the same commit, and refuses bad ones before anything happens', async () => {
    await using host = new GroupHost()
    const { events, store } = await host.open()
    await appendNumbers(events, 'a', 2)
    const [first, second] = await takeExactly(events.subscribe({ group: 'g', topics: 'a' }), 2)
    const key = Uint8Array.of(1)
    const put = { type: 'put', database: 'other', key, value: Uint8Array.of(7) } as const
    await expect(first!.ack({ alongside: () => [{ ...put, database: 'none' }] })).rejects.toThrow(
      errorCode('COMMIT_INVALID'),
    )
    await first!.ack({ alongside: () => [put] })
    await second!.ack({
      alongside: () => [{ ...put, value: Uint8Array.of(8) }],
      append: { topic: 'b', payload: 0 },
    })
    const reopened = await host.reopen()
    expect(await reopened.store.get('other', key)).toEqual(Uint8Array.of(8))
    expect(await takeAvailable(reopened.events.subscribe({ group: 'g' }))).toEqual([])
    expect(store).not.toBe(reopened.store)
  })

  test('of a thousand at once share commits with plain appends', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1000)
    const deliveries = await takeExactly(events.subscribe({ group: 'g', topics: 'a' }), 1000)
    await Promise.all(
      deliveries.map(async (delivery, n) => await delivery.ack({ append: { topic: 'b', payload: n } })),
    )
    const reopened = await host.reopen()
    expect(await takeAvailable(reopened.events.subscribe({ group: 'g' }))).toEqual([])
    expect(reopened.events.topics('b')).toMatchObject([{ count: 1000 }])
  })
})
