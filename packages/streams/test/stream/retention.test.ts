import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogStream, Retention } from '../../src/index.ts'
import { START_MS, StoreHost } from './store-host.ts'

const messages = async (logs: LogStream, topic?: string): Promise<string[]> =>
  (await logs.read(topic === undefined ? {} : { topic }).toArray()).map(({ message }) => message)

async function fill(logs: LogStream, topics: readonly string[], count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await logs.append(
      topics.map((topic) => ({ topic, message: `${topic} ${n}`, timestamp: START_MS + n * 1000 })),
    )
  }
}

const BOUNDS: readonly (readonly [string, Retention])[] = [
  ['age', { maxAgeMs: 3_000 }],
  ['count', { maxCount: 4 }],
  ['bytes', { maxBytes: 4 * 4 }],
]

describe.each(['hot', 'cold'])('retention of %s blocks', (kind) => {
  test.each(BOUNDS)('by %s keeps the newest entries and leaves other topics alone', async (_, retention) => {
    await using host = new StoreHost({ shardCount: 2 })
    let { logs } = await host.open()
    await fill(logs, ['a', 'b', 'c'], 10)
    if (kind === 'cold') await logs.compact()
    host.clock.advance(9_000)
    await logs.topicOperations.setRetention('a', retention)
    const dry = await logs.topicOperations.applyRetention({ dryRun: true })
    expect(await messages(logs, 'a')).toHaveLength(10)
    const done = await logs.topicOperations.applyRetention()
    expect(done).toEqual(dry)
    expect(done).toEqual([{ topic: 'a', count: 6, rawBytes: 6 * 4 }])
    for (const round of ['now', 'reopened', 'compacted']) {
      expect(await messages(logs, 'a'), round).toEqual(['a 6', 'a 7', 'a 8', 'a 9'])
      expect(await messages(logs, 'b'), round).toHaveLength(10)
      expect(logs.topics('a')[0], round).toMatchObject({ count: 4, version: 10, rawBytes: 16 })
      expect((await logs.verify()).problems, round).toEqual([])
      if (round === 'now') logs = (await host.reopen()).logs
      else await logs.compact()
    }
    const { versions } = await logs.append({ topic: 'a', message: 'new' }, { expectedVersion: 10 })
    expect(versions.get('a')).toBe(11)
    expect(await logs.topicOperations.applyRetention({ dryRun: true })).toEqual(
      retention.maxAgeMs === undefined ? [{ topic: 'a', count: 1, rawBytes: expect.any(Number) }] : [],
    )
  })
})

test('of several rules the most specific pattern decides, and the topic own bounds before all', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  await logs.topicOperations.create('app.own', { retention: { maxCount: 5 } })
  await fill(logs, ['app.web', 'app.db', 'app.own', 'other'], 6)
  await logs.topicOperations.setRetention('>', { maxCount: 3 })
  await logs.topicOperations.setRetention('app.*', { maxCount: 2 })
  await logs.topicOperations.setRetention('app.db', { maxCount: 1 })
  await logs.topicOperations.applyRetention()
  const counts = Object.fromEntries(logs.topics().map(({ name, count }) => [name, count]))
  expect(counts).toEqual({ 'app.web': 2, 'app.db': 1, 'app.own': 5, other: 3 })
  const reopened = (await host.reopen()).logs
  expect(reopened.topicOperations.retentionRules().map(({ pattern }) => pattern)).toEqual([
    '>',
    'app.*',
    'app.db',
  ])
  expect(await reopened.topicOperations.removeRetention('app.*')).toBe(true)
  expect(await reopened.topicOperations.removeRetention('app.*')).toBe(false)
})

test('a legal hold keeps everything, and names itself when the topic is to be removed', async () => {
  await using host = new StoreHost()
  const { logs } = await host.open()
  await fill(logs, ['a'], 5)
  await logs.topicOperations.setRetention('a', { maxCount: 1 })
  await logs.topicOperations.update('a', { legalHold: true })
  expect(await logs.topicOperations.applyRetention()).toEqual([])
  await expect(logs.topicOperations.remove('a')).rejects.toMatchObject({ code: 'STREAM_HELD' })
  await logs.topicOperations.update('a', { legalHold: false })
  expect(await logs.topicOperations.applyRetention()).toMatchObject([{ topic: 'a', count: 4 }])
})

test.each([{ maxAgeMs: -1 }, { maxCount: 1.5 }, { maxBytes: Number.NaN }, {}])(
  'retention of %j is refused',
  async (retention) => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    await expect(logs.topicOperations.setRetention('a', retention)).rejects.toMatchObject({
      code: 'STREAM_VALUE_INVALID',
    })
  },
)

describe('a topic', () => {
  test('that is created is listed before its first entry, with its settings', async () => {
    await using host = new StoreHost()
    let { logs } = await host.open()
    await logs.topicOperations.create('new.topic', { compactBy: '/payload/id' })
    await expect(logs.topicOperations.create('new.topic')).rejects.toMatchObject({
      code: 'STREAM_TOPIC_EXISTS',
    })
    logs = (await host.reopen()).logs
    expect(logs.topics()).toMatchObject([{ name: 'new.topic', count: 0, version: 0 }])
    expect(logs.topicOperations.describe('new.topic')).toMatchObject({
      settings: { compactBy: '/payload/id' },
      blocks: 0,
    })
    await expect(async () => logs.topicOperations.describe('none')).rejects.toMatchObject({
      code: 'STREAM_TOPIC_UNKNOWN',
    })
  })

  test.each(['hot', 'cold'])(
    'that is removed takes its %s entries and its ids with it, and its name begins anew',
    async (kind) => {
      await using host = new StoreHost({ shardCount: 1 })
      let { logs } = await host.open()
      await logs.append([
        { topic: 'a', message: '1', id: 'mine' },
        { topic: 'b', message: '2', id: 'other' },
      ])
      const { ids } = await logs.append({ topic: 'a', message: '3' })
      if (kind === 'cold') await logs.compact()
      expect(await logs.topicOperations.remove('a')).toMatchObject({ topic: 'a', count: 2 })
      for (const round of ['now', 'reopened']) {
        expect(await messages(logs), round).toEqual(['2'])
        expect(await logs.get(ids[0]!), round).toBeUndefined()
        expect(await logs.get('mine'), round).toBeUndefined()
        expect(await logs.get('other'), round).toMatchObject({ message: '2' })
        expect((await logs.verify()).problems, round).toEqual([])
        if (round === 'now') logs = (await host.reopen()).logs
      }
      await expect(logs.topicOperations.remove('a')).rejects.toMatchObject({ code: 'STREAM_TOPIC_UNKNOWN' })
      const { versions } = await logs.append({ topic: 'a', message: 'new', id: 'mine' })
      expect(versions.get('a')).toBe(1)
      expect(await messages(logs, 'a')).toEqual(['new'])
      expect(await logs.get('mine')).toMatchObject({ message: 'new' })
    },
  )

  test('that is removed while entries are appended loses none that was appended after', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const { logs } = await host.open()
    await fill(logs, ['a'], 3)
    const removing = logs.topicOperations.remove('a')
    const appends = Array.from({ length: 20 }, (_, n) => logs.append({ topic: 'a', message: `late ${n}` }))
    await Promise.all([removing, ...appends])
    const left = await messages(logs, 'a')
    expect(left.filter((message) => message.startsWith('late')).length).toBe(left.length)
    expect(left.length).toBe(20)
    expect((await logs.verify()).problems).toEqual([])
  })
})

describe('compaction by key', () => {
  const MINUTE = 60_000
  test('keeps the last entry of each key, young ones, and tombstones for a day', async () => {
    await using host = new StoreHost({ shardCount: 1 })
    const { events } = await host.open()
    await events.topicOperations.create('users', { compactBy: '/metadata/key' })
    const put = async (key: string, payload: number | null): Promise<void> => {
      await events.append({ topic: 'users', payload, metadata: { key } })
    }
    await put('x', 1)
    await put('y', 1)
    await put('x', 2)
    await put('z', 1)
    await put('z', null)
    await events.append({ topic: 'users', payload: 'no key' })
    const payloads = async (): Promise<unknown[]> =>
      (await events.read({ topic: 'users' }).toArray()).map(({ payload }) => payload)
    expect(await events.topicOperations.compactKeys('users')).toMatchObject({ count: 0 })
    host.clock.advance(11 * MINUTE)
    expect(await events.topicOperations.compactKeys('users', { dryRun: true })).toMatchObject({ count: 2 })
    expect(await events.topicOperations.compactKeys('users')).toMatchObject({ topic: 'users', count: 2 })
    expect(await payloads()).toEqual([1, 2, null, 'no key'])
    host.clock.advance(25 * 60 * MINUTE)
    expect(await events.topicOperations.compactKeys('users')).toMatchObject({ count: 1 })
    expect(await payloads()).toEqual([1, 2, 'no key'])
    expect((await events.verify()).problems).toEqual([])
  })

  test('of a topic without a key is refused', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    await events.append({ topic: 'a', payload: 1 })
    await expect(events.topicOperations.compactKeys('a')).rejects.toMatchObject({
      code: 'STREAM_VALUE_INVALID',
    })
  })
})

test('any history of appends, compactions, retention, removals and reopenings equals the model', async () => {
  const topic = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        topics: fc.array(topic, { minLength: 1, maxLength: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('retain' as const), topic, maxCount: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), topic }) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, shardCount) => {
        await using host = new StoreHost({ shardCount })
        let { logs } = await host.open()
        let model: { topic: string; message: string }[] = []
        const versions = new Map<string, number>()
        let number = 0
        for (const one of steps) {
          switch (one.kind) {
            case 'append': {
              const inputs = one.topics.map((name) => ({ topic: name, message: `${number++}` }))
              await logs.append(inputs)
              // Within a commit entries stand by shard, so the model is compared topic by topic.
              model.push(...inputs)
              for (const name of one.topics) versions.set(name, (versions.get(name) ?? 0) + 1)
              break
            }
            case 'compact':
              await logs.compact()
              break
            case 'reopen':
              logs = (await host.reopen()).logs
              break
            case 'retain': {
              await logs.topicOperations.setRetention(one.topic, { maxCount: one.maxCount })
              await logs.topicOperations.applyRetention()
              await logs.topicOperations.removeRetention(one.topic)
              const own = model.filter((entry) => entry.topic === one.topic)
              const gone = new Set(own.slice(0, Math.max(0, own.length - one.maxCount)))
              model = model.filter((entry) => !gone.has(entry))
              break
            }
            case 'remove':
              if (!versions.has(one.topic)) break
              await logs.topicOperations.remove(one.topic)
              model = model.filter((entry) => entry.topic !== one.topic)
              versions.delete(one.topic)
              break
          }
          expect((await logs.verify()).problems).toEqual([])
          for (const name of ['a', 'b', 'c']) {
            const expected = model.filter((entry) => entry.topic === name).map(({ message }) => message)
            expect(await messages(logs, name)).toEqual(expected)
            expect(logs.topics(name).map(({ version, count }) => ({ version, count }))).toEqual(
              versions.has(name) ? [{ version: versions.get(name), count: expected.length }] : [],
            )
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('a rule that was taken away, or made longer, takes nothing more once that is told', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  for (let n = 0; n < 20; n++)
    await logs.append(Array.from({ length: 500 }, (_, at) => ({ topic: 'kept', message: `${n} ${at}` })))
  await logs.topicOperations.setRetention('kept', { maxCount: 10 })
  const run = logs.topicOperations.applyRetention()
  await Promise.resolve()
  await logs.topicOperations.removeRetention('kept')
  const told = (await logs.read({ topic: 'kept' }).toArray()).length
  await run
  expect((await logs.read({ topic: 'kept' }).toArray()).length).toBe(told)
})
