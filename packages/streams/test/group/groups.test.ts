import { describe, expect, test } from 'vitest'
import { formatPosition, type Delivery, type EventPriority } from '../../src/index.ts'
import {
  appendNumbers,
  GroupHost,
  payloads,
  settled,
  START_MS,
  takeAvailable,
  takeExactly,
  upTo,
} from './group-host.ts'

const errorCode = (code: string): unknown => expect.objectContaining({ code })

describe('a group', () => {
  test('has each event go to one of its subscriptions', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 100)
    const one = events.subscribe({ group: 'g', topics: 'a' })
    const other = events.subscribe({ group: 'g', topics: 'a' })
    const [left, right] = await Promise.all([takeExactly(one, 50), takeExactly(other, 50)])
    expect([...payloads(left), ...payloads(right)].map(Number).sort((x, y) => x - y)).toEqual(upTo(100))
  })

  test('is independent of other groups of the same topic', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 3)
    for (const group of ['g', 'h'])
      expect(payloads(await takeAvailable(events.subscribe({ group, topics: 'a' })))).toEqual(upTo(3))
  })

  test('finds topics by pattern, also those that come later, and gives all in the order of the log', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a.x', 2)
    const subscription = events.subscribe({ group: 'g', topics: ['a.*', 'b'] })
    expect(payloads(await takeExactly(subscription, 2))).toEqual([0, 1])
    await appendNumbers(events, 'other', 1, 99)
    await appendNumbers(events, 'a.new', 1, 2)
    await appendNumbers(events, 'b', 1, 3)
    expect(payloads(await takeExactly(subscription, 2))).toEqual([2, 3])
  })

  test('begins where it is told: end, time, position or checkpoint', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 2)
    host.clock.advance(1000)
    const receipt = await events.append({ topic: 'a', payload: 2 })
    await events.checkpoints.set('half')
    await appendNumbers(events, 'a', 1, 3)
    const starts = {
      start: [0, 1, 2, 3],
      end: [],
      [START_MS + 1]: [2, 3],
      [formatPosition(receipt.positions[0]!)]: [3],
    }
    for (const [text, found] of Object.entries(starts)) {
      const from = text.startsWith('p') ? { position: text } : /^\d+$/.test(text) ? Number(text) : text
      const subscription = events.subscribe({ group: `g-${text.replaceAll('.', '-')}`, topics: 'a', from })
      expect(payloads(await takeAvailable(subscription)), text).toEqual(found)
    }
    const subscription = events.subscribe({ group: 'c', topics: 'a', from: { checkpoint: 'half' } })
    expect(payloads(await takeAvailable(subscription))).toEqual([3])
  })

  test('that is sought backwards while deliveries are out hands everything out anew', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a', 5)
    const subscription = events.subscribe({ group: 'g', topics: 'a' })
    const out = await takeExactly(subscription, 5)
    await out[0]!.ack()
    await out[1]!.nack({ delayMs: 1000 })
    await events.groups.seek('g', 'start')
    await expect(out[2]!.ack()).rejects.toThrow(errorCode('STREAM_DELIVERY_EXPIRED'))
    const anew = await takeExactly(subscription, 5)
    expect(anew.map(({ entry, attempt }) => [entry.payload, attempt])).toEqual(upTo(5).map((n) => [n, 1]))
    await Promise.all(anew.slice(0, 4).map((delivery) => delivery.ack()))
    ;({ events } = await host.reopen())
    expect(payloads(await takeAvailable(events.subscribe({ group: 'g' })))).toEqual([4])
  })

  test('that is sought with thousands waiting forgets them all, though they go in several commits', async () => {
    await using host = new GroupHost({ shardCount: 1 })
    let { events } = await host.open()
    await events.append(
      upTo(5000).map((n) => ({ topic: 'a', payload: n })),
      { deliverAfterMs: 10 },
    )
    expect(await takeAvailable(events.subscribe({ group: 'g', topics: 'a' }))).toEqual([])
    expect(events.groups.get('g')).toMatchObject({ waiting: 5000 })
    await events.groups.seek('g', 'end')
    ;({ events } = await host.reopen())
    await host.pass(10)
    expect(await takeAvailable(events.subscribe({ group: 'g' }))).toEqual([])
    expect(await events.groups.lag('g')).toMatchObject({ entries: 0, waiting: 0 })
  })

  test('reads on where one scan of the log ends at its limit', async () => {
    await using host = new GroupHost({ shardCount: 1 })
    const { events } = await host.open()
    for (const n of upTo(3)) await appendNumbers(events, 'a', 6000, n * 6000)
    const subscription = events.subscribe({ group: 'g', topics: 'a', maxInFlight: 20_000 })
    expect(payloads(await takeExactly(subscription, 18_000))).toEqual(upTo(18_000))
  })

  test('finds its place when the blocks it has read from are rewritten', async () => {
    await using host = new GroupHost({ shardCount: 2 })
    let { events } = await host.open()
    for (const n of upTo(40)) await appendNumbers(events, `t${n % 3}`, 25, n * 25)
    const subscription = events.subscribe({ group: 'g', topics: 't0' })
    const all = (await events.read({ topic: 't0' }).toArray()).map(({ payload }) => payload)
    const first = await takeExactly(subscription, 60)
    await subscription.ackAll(first.filter((_, n) => n % 2 === 0))
    await events.compact()
    const second = await takeExactly(subscription, 100)
    await subscription.ackAll(second)
    ;({ events } = await host.reopen())
    await events.compact()
    const rest = await takeAvailable(events.subscribe({ group: 'g' }))
    const odd = payloads(first.filter((_, n) => n % 2 === 1))
    expect(payloads(rest)).toEqual([...odd, ...all.slice(160)])
    expect(payloads([...first, ...second])).toEqual(all.slice(0, 160))
  })

  test('refuses to be sought outside the log', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a', 1)
    await events.groups.create('g', { topics: 'a' })
    const { groups } = events
    await expect(groups.seek('g', { position: 'p999.0.0' })).rejects.toThrow(
      errorCode('STREAM_VALUE_INVALID'),
    )
    await expect(groups.seek('g', START_MS + 5)).rejects.toThrow(errorCode('STREAM_VALUE_INVALID'))
    await expect(groups.seek('g', 'yesterday?')).rejects.toThrow(errorCode('STREAM_TIME_INVALID'))
    await expect(groups.seek('g', { checkpoint: 'none' })).rejects.toThrow(
      errorCode('STREAM_CHECKPOINT_UNKNOWN'),
    )
    await expect(groups.seek('none', 'end')).rejects.toThrow(errorCode('STREAM_GROUP_UNKNOWN'))
  })

  test('that is paused hands nothing out until it is resumed, also after reopening', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a', 2)
    await events.groups.create('g', { topics: 'a' })
    await events.groups.pause('g')
    expect(await takeAvailable(events.subscribe({ group: 'g' }))).toEqual([])
    ;({ events } = await host.reopen())
    const waiting = events.subscribe({ group: 'g' }).nextBatch(2)
    await settled()
    expect(events.groups.get('g')).toMatchObject({ paused: true, inFlight: 0 })
    await events.groups.resume('g')
    expect(payloads(await waiting)).toEqual([0, 1])
  })

  test('counts what it is behind by pattern', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await appendNumbers(events, 'a.x', 3)
    host.clock.advance(500)
    await appendNumbers(events, 'b', 2)
    const subscription = events.subscribe({ group: 'g', topics: ['a.*', 'b', '*.x'] })
    const [first] = await subscription.nextBatch(1)
    expect(await events.groups.lag('g')).toEqual({
      group: 'g',
      entries: 5,
      inFlight: 1,
      waiting: 0,
      oldestAgeMs: 500,
      topics: [
        { pattern: '*.x', entries: 3, oldestAgeMs: 500 },
        { pattern: 'a.*', entries: 3, oldestAgeMs: 500 },
        { pattern: 'b', entries: 2, oldestAgeMs: 0 },
      ],
    })
    await first!.ack()
    expect(await events.groups.lag('g')).toMatchObject({ entries: 4, inFlight: 0 })
  })

  test('that is removed leaves no row, and ends its subscriptions', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    await appendNumbers(events, 'a', 4)
    const subscription = events.subscribe({ group: 'g', topics: 'a', maxInFlight: 2 })
    const [first, second] = await takeExactly(subscription, 2)
    await second!.nack({ delayMs: 9 })
    const waiting = subscription.nextBatch(5)
    void subscription.nextBatch(5).catch(() => undefined)
    await settled()
    await waiting
    const ended = subscription.nextBatch(1)
    ended.catch(() => undefined)
    await settled()
    await events.groups.remove('g')
    await expect(ended).rejects.toThrow(errorCode('STREAM_GROUP_UNKNOWN'))
    await expect(first!.ack()).rejects.toThrow(errorCode('STREAM_GROUP_UNKNOWN'))
    expect(events.groups.get('g')).toBeUndefined()
    const opened = await host.reopen()
    events = opened.events
    expect(events.groups.list()).toEqual([])
    for (const database of opened.store.databases)
      for await (const page of opened.store.scan(database, {
        from: Uint8Array.of(0x60),
        to: Uint8Array.of(0x63),
      }))
        expect(page).toEqual([])
  })

  test('hands out by priority in shares of eight, four, two and one', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    const priorities: EventPriority[] = ['low', 'normal', 'high', 'critical']
    for (const priority of priorities)
      await events.append(upTo(60).map((n) => ({ topic: 'a', payload: n, priority })))
    const subscription = events.subscribe({ group: 'g', topics: 'a', order: 'priority' })
    const counts = (deliveries: readonly Delivery[]): number[] =>
      priorities.map((priority) => deliveries.filter(({ entry }) => entry.priority === priority).length)
    for (let round = 1; round <= 3; round++)
      expect(counts(await takeExactly(subscription, 15))).toEqual([1, 2, 4, 8])
    const rest = await takeExactly(subscription, 240 - 45)
    expect(counts(rest)).toEqual([57, 54, 48, 36])
    const byPriority = rest.filter(({ entry }) => entry.priority === 'low').map(({ entry }) => entry.payload)
    expect(byPriority).toEqual(upTo(60).slice(3))
  })

  test('keeps its lanes over reopening', async () => {
    await using host = new GroupHost()
    let { events } = await host.open()
    const expected = new Set<string>()
    for (const priority of ['low', 'critical', 'normal'] as const) {
      await events.append(upTo(20).map((n) => ({ topic: 'a', payload: `${priority}${n}`, priority })))
      for (const n of upTo(20)) expected.add(`${priority}${n}`)
    }
    for (let round = 0; round < 60 / 7; round++) {
      const subscription = events.subscribe({ group: 'g', topics: 'a', order: 'priority' })
      const deliveries = await takeExactly(subscription, Math.min(7, expected.size))
      for (const { entry } of deliveries) expect(expected.delete(String(entry.payload))).toBe(true)
      await subscription.ackAll(deliveries)
      ;({ events } = await host.reopen())
    }
    expect(expected.size).toBe(0)
    expect(await events.verify()).toMatchObject({ problems: [] })
  })
})

describe('bad input', () => {
  test('is refused with a code', async () => {
    await using host = new GroupHost()
    const { events } = await host.open()
    await events.groups.create('g', { topics: 'a' })
    const { groups } = events
    const refused: [string, () => unknown][] = [
      ['STREAM_GROUP_EXISTS', async () => await groups.create('g', { topics: 'a' })],
      ['STREAM_GROUP_EXISTS', async () => await events.subscribe({ group: 'g', topics: 'b' }).nextBatch(1)],
      ['STREAM_GROUP_EXISTS', async () => await events.subscribe({ group: 'g', order: 'priority' }).ready],
      ['STREAM_GROUP_UNKNOWN', async () => await events.subscribe({ group: 'h' }).nextBatch(1)],
      ['STREAM_GROUP_UNKNOWN', async () => await groups.remove('h')],
      ['STREAM_GROUP_UNKNOWN', async () => await groups.lag('h')],
      ['STREAM_GROUP_UNKNOWN', async () => await groups.pause('h')],
      ['STREAM_GROUP_UNKNOWN', async () => await groups.redrive('h')],
      ['STREAM_TOPIC_INVALID', async () => await groups.create('two words', { topics: 'a' })],
      ['STREAM_TOPIC_INVALID', async () => await groups.create('$g', { topics: 'a' })],
      ['STREAM_PATTERN_INVALID', async () => await groups.create('h', { topics: [] })],
      ['STREAM_PATTERN_INVALID', async () => await groups.create('h', { topics: 'a.>.b' })],
      ['STREAM_LIMIT', async () => await groups.create('h', { topics: upTo(65).map((n) => `t${n}`) })],
      ['STREAM_VALUE_INVALID', async () => await groups.create('h', { topics: 'a', ackTimeoutMs: 0 })],
      ['STREAM_VALUE_INVALID', async () => await groups.create('h', { topics: 'a', maxDeliveries: 1.5 })],
      ['STREAM_VALUE_INVALID', async () => events.subscribe({ group: 'g', maxInFlight: 65_537 })],
      ['STREAM_VALUE_INVALID', async () => await events.subscribe({ group: 'g' }).nextBatch(0)],
      [
        'STREAM_VALUE_INVALID',
        async () => await events.append({ topic: 'a', payload: 1 }, { deliverAfterMs: -1 }),
      ],
      ['STREAM_CHECKPOINT_UNKNOWN', async () => await events.checkpoints.remove('none')],
      [
        'STREAM_CHECKPOINT_UNKNOWN',
        async () => await events.read({ from: { checkpoint: 'none' } }).toArray(),
      ],
    ]
    for (const [code, call] of refused)
      await expect((async () => await call())(), call.toString()).rejects.toThrow(errorCode(code))
  })

  test('of more groups than the limit is refused', async () => {
    await using host = new GroupHost({ shardCount: 1 })
    const { events } = await host.open()
    await Promise.all(upTo(1024).map(async (n) => await events.groups.create(`g${n}`, { topics: 'a' })))
    await expect(events.groups.create('one-more', { topics: 'a' })).rejects.toThrow(errorCode('STREAM_LIMIT'))
  })
})
