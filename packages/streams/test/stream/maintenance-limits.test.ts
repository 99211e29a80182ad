import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { LogStream } from '../../src/index.ts'
import { START_MS, StoreHost } from './store-host.ts'

const messages = async (logs: LogStream, topic: string): Promise<number> =>
  (await logs.read({ topic }).toArray()).length

test('topics of one block may be removed one after another, each with later times than the one before', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  let { logs } = await host.open()
  const topics = ['a', 'b', 'c', 'd']
  // Long enough for a section each, so that a removal drops sections and encodes nothing.
  for (const [day, topic] of topics.entries()) {
    const timestamp = START_MS + day * 86_400_077
    await logs.append(
      Array.from({ length: 400 }, (_, n) => ({ topic, timestamp, message: `${n} ${'x'.repeat(80)}` })),
    )
  }
  await logs.compact()
  for (const [index, topic] of topics.slice(0, 3).entries()) {
    await logs.topicOperations.remove(topic)
    logs = (await host.reopen()).logs
    expect((await logs.verify()).problems, topic).toEqual([])
    for (const left of topics.slice(index + 1)) expect(await messages(logs, left), topic).toBe(400)
  }
})

/** More blocks of one entry than one commit can take out. */
const SINGLES = 60_000
const WAYS: readonly ('compact' | 'retain')[] = ['compact', 'retain']

async function singles(logs: LogStream): Promise<void> {
  // Each append of a turn of its own is a block; thousands are under way at once, so that their fsyncs are shared.
  let pending: Promise<unknown>[] = []
  for (let n = 0; n < SINGLES; n++) {
    pending.push(logs.append({ topic: 'a', message: `${n}` }))
    await Promise.resolve()
    await nextTurn()
    if (pending.length < 1000) continue
    await Promise.all(pending)
    pending = []
  }
  await Promise.all(pending)
}

// Of the long tier: it takes as long as so many commits.
test.runIf(inject('isLongTier'))(
  'tens of thousands of blocks of one entry are compacted, and removed, in commits that the store takes',
  async () => {
    for (const way of WAYS) {
      await using host = new StoreHost({ shardCount: 1 })
      const { logs } = await host.open()
      await singles(logs)
      if (way === 'compact') {
        await logs.compact()
        expect(await messages(logs, 'a')).toBe(SINGLES)
      } else {
        await logs.topicOperations.setRetention('a', { maxCount: 10 })
        await logs.topicOperations.applyRetention()
        expect(await messages(logs, 'a')).toBe(10)
      }
      expect((await logs.verify()).problems).toEqual([])
    }
  },
)

test('metadata that no raw size counts is compacted in blocks of bounded size', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  const { logs } = await host.open()
  const count = 12_000
  for (let first = 0; first < count; first += 1000) {
    await logs.append(
      Array.from({ length: 1000 }, (_, n) => ({
        topic: 'a',
        message: 'm',
        metadata: { _trace: `${first + n}`.padEnd(2000, '.') },
      })),
    )
  }
  await logs.compact()
  expect((await logs.verify()).problems).toEqual([])
  expect((await logs.read({ limit: 1, direction: 'backward' }).toArray())[0]).toMatchObject({
    metadata: { _trace: expect.stringContaining(`${count - 1}`) },
  })
  expect(await messages(logs, 'a')).toBe(count)
})

test('a change of settings beside a retention run takes no version back', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  let { logs } = await host.open()
  for (let n = 0; n < 20; n++) await logs.append({ topic: 'a', message: `${n}` })
  await logs.compact()
  await logs.topicOperations.setRetention('a', { maxCount: 5 })
  const retaining = logs.topicOperations.applyRetention()
  const updating: Promise<unknown>[] = []
  for (let turn = 0; turn < 400; turn++) {
    updating.push(logs.topicOperations.update('a', { compactBy: `/payload/${turn}` }))
    // Turns of both kinds, so that one of them falls between a commit's build and its end.
    await (turn % 2 === 0 ? Promise.resolve() : nextTurn())
  }
  await Promise.all([retaining, ...updating])
  logs = (await host.reopen()).logs
  expect(logs.topics('a')[0]).toMatchObject({ count: 5, version: 20 })
})

test('two removals of a topic at once remove it once, and leave the topic that begins anew in between', async () => {
  await using host = new StoreHost({ shardCount: 1 })
  let { logs } = await host.open()
  await logs.append({ topic: 'a', message: 'old' })
  const outcomes = Promise.allSettled([
    logs.topicOperations.remove('a'),
    logs.topicOperations.remove('a'),
    logs.topicOperations.update('a', { compactBy: '/payload/id' }),
  ])
  await nextTurn()
  await logs.append({ topic: 'a', message: 'new' })
  const codes = (await outcomes).map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'done',
  )
  expect(codes).toEqual(['done', 'STREAM_TOPIC_UNKNOWN', 'STREAM_TOPIC_UNKNOWN'])
  for (const round of ['now', 'reopened']) {
    expect(
      (await logs.read({ topic: 'a' }).toArray()).map(({ message }) => message),
      round,
    ).toEqual(['new'])
    expect(
      logs.topics().map(({ name, version }) => ({ name, version })),
      round,
    ).toEqual([{ name: 'a', version: 1 }])
    logs = (await host.reopen()).logs
  }
})
