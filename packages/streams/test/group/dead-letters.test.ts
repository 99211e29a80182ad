import { describe, expect, test } from 'vitest'
import { formatPosition } from '../../src/index.ts'
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

describe('dead letters', () => {
  test('are made after the last attempt, with their origin, in the commit of their ack', async () => {
    await using host = new GroupHost()
    const { events, store } = await host.open()
    const receipt = await events.append({
      topic: 'a',
      payload: { n: 1 },
      priority: 'high',
      metadata: { user: 7 },
    })
    const subscription = events.subscribe({ group: 'g', topics: 'a', maxDeliveries: 2, backoffMs: 0 })
    const [first] = await subscription.nextBatch(1)
    await first!.nack({ reason: 'no stock' })
    const [second] = await subscription.nextBatch(1)
    await settled()
    const before = store.sequence
    await second!.nack({ reason: 'still no stock' })
    expect(store.sequence).toBe(before + 1)
    const [dead] = await events.read({ topic: '$dead.g' }).toArray()
    expect(dead).toMatchObject({
      payload: { n: 1 },
      priority: 'high',
      metadata: {
        user: 7,
        $dead: {
          group: 'g',
          reason: 'still no stock',
          attempts: 2,
          topic: 'a',
          id: receipt.ids[0],
          position: formatPosition(receipt.positions[0]!),
        },
      },
    })
    expect((await events.groups.lag('g')).entries).toBe(0)
  })

  test('are also made of what times out for the last time, and on request', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 2)
    const subscription = events.subscribe({ group: 'g', topics: 'a', maxDeliveries: 1, ackTimeoutMs: 100 })
    const [first] = await takeExactly(subscription, 2)
    await first!.deadLetter('poison')
    await host.pass(100)
    const dead = await events.read({ topic: '$dead.>' }).toArray()
    expect(dead.map(({ metadata }) => metadata['$dead'])).toMatchObject([
      { reason: 'poison' },
      { reason: 'it was not settled within 100 ms' },
    ])
  })

  test('are made of what was out when the process ended for the last time', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    await events.groups.create('g', { topics: 'a', maxDeliveries: 2 })
    for (const attempt of [1, 2]) {
      const [delivery] = await events.subscribe({ group: 'g' }).nextBatch(1)
      expect(delivery!.attempt).toBe(attempt)
      ;({ events } = await host.reopen())
    }
    expect(await takeAvailable(events.subscribe({ group: 'g' }))).toEqual([])
    expect(await events.read({ topic: '$dead.g' }).toArray()).toMatchObject([
      { metadata: { $dead: { reason: 'it was never settled', attempts: 2 } } },
    ])
  })

  test('hold events of the largest size', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    const text = 'x'.repeat(1024 * 1024 - 2)
    await events.append({ topic: 'a', payload: text, metadata: { text: 'y'.repeat(65_000) } })
    const [delivery] = await events.subscribe({ group: 'g', topics: 'a' }).nextBatch(1)
    await delivery!.deadLetter('z'.repeat(5000))
    const [dead] = await events.read({ topic: '$dead.g' }).toArray()
    expect(dead).toMatchObject({ payload: text, metadata: { $dead: { reason: 'z'.repeat(1024) } } })
    expect(await events.groups.redrive('g')).toBe(1)
  })

  test('are no food for a group of everything, and may be consumed by one that names them', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    const subscription = events.subscribe({ group: 'g', topics: '>' })
    await (await subscription.nextBatch(1))[0]!.deadLetter('x')
    expect(await takeAvailable(subscription)).toEqual([])
    expect(payloads(await takeAvailable(events.subscribe({ group: 'h', topics: '$dead.>' })))).toEqual([0])
    await expect(events.append({ topic: '$dead.g', payload: 1 })).rejects.toThrow(
      errorCode('STREAM_TOPIC_INVALID'),
    )
  })

  test('go back to their topics once', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await events.append(upTo(250).map((n) => ({ topic: `t${n % 3}`, payload: n, metadata: { n } })))
    const subscription = events.subscribe({ group: 'g', topics: '>' })
    for (const delivery of await takeExactly(subscription, 250)) await delivery.deadLetter('x')
    expect(await events.groups.redrive('g', { limit: 10 })).toBe(10)
    expect(await Promise.all([events.groups.redrive('g'), events.groups.redrive('g')])).toEqual([240, 0])
    ;({ events } = await host.reopen())
    expect(await events.groups.redrive('g')).toBe(0)
    const again = await takeAvailable(events.subscribe({ group: 'g' }))
    expect(
      payloads(again)
        .map(Number)
        .sort((x, y) => x - y),
    ).toEqual(upTo(250))
    expect(again.every(({ entry, attempt }) => attempt === 1 && !('$dead' in entry.metadata))).toBe(true)
    expect(events.groups.list().map(({ name }) => name)).toEqual(['g'])
  })
})
