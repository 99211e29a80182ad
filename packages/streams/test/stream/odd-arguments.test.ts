import { ODD_VALUES, oddCallFault } from '@forgeone/common/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventStream, LogStream } from '../../src/index.ts'
import { StoreHost } from './store-host.ts'

/** One parameter of a public method, and how a call with a value in its place is made. */
type OddCall = readonly [name: string, call: (odd: never) => unknown]

const host = new StoreHost({ shardCount: 2 })
let logs: LogStream
let events: EventStream
const SOON = { limit: 3 } as const

beforeAll(async () => {
  ;({ logs, events } = await host.open())
  await events.append({ topic: 'n', payload: { a: 1 }, id: 'mine' })
  await logs.append({ topic: 'n', message: 'm', metadata: { a: 1 } })
  await events.topicOperations.create('tt', {})
  await events.groups.create('gg', { topics: 'n' })
  await events.checkpoints.set('cp')
})
afterAll(async () => await host.close())

async function once<T>(iterable: AsyncIterable<T>): Promise<void> {
  for await (const _ of iterable) return
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('{"topic":"n","payload":1}\n')
}

async function subscribed(options: unknown, handler?: unknown): Promise<void> {
  const subscription = events.subscribe(options as never, handler as never)
  try {
    await subscription.nextBatch(1)
  } finally {
    await subscription.close()
  }
}

async function delivered(use: (delivery: never) => unknown): Promise<void> {
  await events.append({ topic: 'd', payload: 1 })
  const subscription = events.subscribe({ group: `dd`, topics: 'd' })
  try {
    const [delivery] = await subscription.nextBatch(1)
    await use(delivery as never)
  } finally {
    await subscription.close()
  }
}

const fields = (
  names: readonly string[],
  call: (options: Record<string, unknown>) => unknown,
): readonly OddCall[] => names.map((name): OddCall => [`${name} of`, (odd) => call({ [name]: odd })])

const READ = ['topic', 'from', 'to', 'limit', 'direction', 'signal']
const logCalls: readonly OddCall[] = [
  ['logs.append', async (odd) => await logs.append(odd)],
  ['logs.append, a list', async (odd) => await logs.append([odd])],
  ['logs.append, options', async (odd) => await logs.append({ topic: 'n', message: 'm' }, odd)],
  ...fields(
    ['topic', 'message', 'timestamp', 'severity', 'metadata', 'id', 'checkpointMarker'],
    async (one) => await logs.append({ topic: 'n', message: 'm', ...one } as never),
  ),
  ...fields(
    ['expectedVersion', 'idempotencyKey'],
    async (one) => await logs.append({ topic: 'n', message: 'm' }, one),
  ),
  ['logs.get', async (odd) => void (await logs.get(odd))],
  ['logs.has', async (odd) => await logs.has(odd)],
  ['logs.prove', async (odd) => await logs.prove(odd)],
  ['logs.read', async (odd) => await logs.read(odd).toArray()],
  ...fields(READ, async (one) => await logs.read({ ...SOON, ...one }).toArray()),
  ['logs.search', async (odd) => await logs.search(odd, SOON).toArray()],
  ['logs.search, filter', async (odd) => await logs.search({ filter: odd, pipes: [] }, SOON).toArray()],
  ['logs.search, options', async (odd) => await logs.search('m', odd).toArray()],
  ['logs.table', async (odd) => await logs.table(odd, SOON).toArray()],
  ['logs.table, options', async (odd) => await logs.table('m | stats count()', odd).toArray()],
  ...fields(['topic', 'from'], async (one) => await once(logs.tail({ ...one, signal: AbortSignal.abort() }))),
  ['logs.topics', (odd) => logs.topics(odd)],
  ['logs.importFrom', async (odd) => await logs.importFrom(odd, { topic: 'n' })],
  ['logs.importFrom, options', async (odd) => await logs.importFrom(bytes(), odd)],
  ...fields(
    [
      'topic',
      'source',
      'format',
      'batchLines',
      'batchBytes',
      'zone',
      'year',
      'defaultTimestamp',
      'onProgress',
      'signal',
    ],
    async (one) => await logs.importFrom(bytes(), { topic: 'n', ...one }),
  ),
  ['logs.exportRaw', async (odd) => await once(logs.exportRaw(odd))],
  ['logs.compact', async (odd) => await logs.compact(odd)],
  ...fields(['level', 'signal', 'onProgress'], async (one) => await logs.compact(one)),
  ['logs.verify', async (odd) => await logs.verify(odd)],
]

const eventCalls: readonly OddCall[] = [
  ['events.append', async (odd) => await events.append(odd)],
  ['events.append, a list', async (odd) => await events.append([odd])],
  ['events.append, options', async (odd) => await events.append({ topic: 'n', payload: 1 }, odd)],
  ...fields(
    ['topic', 'payload', 'timestamp', 'priority', 'metadata', 'id', 'checkpointMarker'],
    async (one) => await events.append({ topic: 'n', payload: 1, ...one } as never),
  ),
  ...fields(
    ['expectedVersion', 'idempotencyKey', 'deliverAfterMs'],
    async (one) => await events.append({ topic: 'n', payload: 1 }, one),
  ),
  ['events.get', async (odd) => void (await events.get(odd))],
  ['events.has', async (odd) => await events.has(odd)],
  ['events.prove', async (odd) => await events.prove(odd)],
  ['events.read', async (odd) => await events.read(odd).toArray()],
  ...fields(READ, async (one) => await events.read({ ...SOON, ...one }).toArray()),
  ['events.search', async (odd) => await events.search(odd, SOON).toArray()],
  ['events.table', async (odd) => await events.table(odd, SOON).toArray()],
  ['events.topics', (odd) => events.topics(odd)],
  ['events.importFrom', async (odd) => await events.importFrom(odd, {})],
  ['events.importFrom, options', async (odd) => await events.importFrom(bytes(), odd)],
  ...fields(
    ['topic', 'source', 'format', 'onProgress', 'signal'],
    async (one) => await events.importFrom(bytes(), one),
  ),
  ['events.exportCloudEvents', async (odd) => await once(events.exportCloudEvents(odd))],
  ['events.compact', async (odd) => await events.compact(odd)],
  ['defineUpcast', (odd) => events.defineUpcast(odd)],
  ...fields(['topic', 'from', 'to', 'apply'], (one) =>
    events.defineUpcast({ topic: 'up', from: 1, to: 2, apply: (event: never) => event, ...one } as never),
  ),
]

const groupCalls: readonly OddCall[] = [
  ['groups.create, name', async (odd) => await events.groups.create(odd, { topics: 'n' })],
  ['groups.create, options', async (odd) => await events.groups.create('g1', odd)],
  ...fields(
    ['topics', 'from', 'order', 'ackTimeoutMs', 'maxDeliveries', 'backoffMs'],
    async (one) => await events.groups.create('g2', { topics: 'n', ...one }),
  ),
  ['groups.get', (odd) => events.groups.get(odd)],
  ['groups.remove', async (odd) => await events.groups.remove(odd)],
  ['groups.pause', async (odd) => await events.groups.pause(odd)],
  ['groups.seek, name', async (odd) => await events.groups.seek(odd, 'start')],
  ['groups.seek, to', async (odd) => await events.groups.seek('gg', odd)],
  ['groups.lag', async (odd) => await events.groups.lag(odd)],
  ['groups.redrive', async (odd) => await events.groups.redrive(odd)],
  ['groups.redrive, options', async (odd) => await events.groups.redrive('gg', odd)],
  ['groups.redrive, limit', async (odd) => await events.groups.redrive('gg', { limit: odd })],
  ['subscribe', async (odd) => await subscribed(odd)],
  ['subscribe, handler', (odd) => void events.subscribe({ group: 'hh', topics: 'none' }, odd).close()],
  ...fields(
    ['group', 'topics', 'maxInFlight', 'batch', 'concurrency', 'order', 'from', 'handlerBatch'],
    (one) => void events.subscribe({ group: 'gg', ...one } as never).close(),
  ),
  [
    'nextBatch',
    async (odd) => {
      const subscription = events.subscribe({ group: 'nb', topics: 'n' })
      const next = subscription.nextBatch(odd)
      next.catch(() => undefined)
      await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 2))])
      await subscription.close()
    },
  ],
  ['ack', async (odd) => await delivered(async (one: { ack(o: unknown): unknown }) => await one.ack(odd))],
  [
    'ack, append',
    async (odd) =>
      await delivered(async (one: { ack(o: unknown): unknown }) => await one.ack({ append: odd })),
  ],
  [
    'ack, alongside',
    async (odd) =>
      await delivered(async (one: { ack(o: unknown): unknown }) => await one.ack({ alongside: odd })),
  ],
  ['nack', async (odd) => await delivered(async (one: { nack(o: unknown): unknown }) => await one.nack(odd))],
  [
    'nack, delayMs',
    async (odd) =>
      await delivered(async (one: { nack(o: unknown): unknown }) => await one.nack({ delayMs: odd })),
  ],
  [
    'nack, reason',
    async (odd) =>
      await delivered(async (one: { nack(o: unknown): unknown }) => await one.nack({ reason: odd })),
  ],
  ['extend', async (odd) => await delivered((one: { extend(o: unknown): unknown }) => one.extend(odd))],
  [
    'deadLetter',
    async (odd) =>
      await delivered(async (one: { deadLetter(o: unknown): unknown }) => await one.deadLetter(odd)),
  ],
  ['checkpoints.set', async (odd) => await events.checkpoints.set(odd)],
  ['checkpoints.set, pattern', async (odd) => await events.checkpoints.set('c2', odd)],
  ['checkpoints.get', (odd) => events.checkpoints.get(odd)],
  ['checkpoints.remove', async (odd) => await events.checkpoints.remove(odd)],
]

const topicCalls: readonly OddCall[] = [
  ['topics.create, name', async (odd) => await events.topicOperations.create(odd)],
  ['topics.create, settings', async (odd) => await events.topicOperations.create(`t${Math.random()}`, odd)],
  ['topics.describe', (odd) => events.topicOperations.describe(odd)],
  ['topics.update, name', async (odd) => await events.topicOperations.update(odd, {})],
  ['topics.update, settings', async (odd) => await events.topicOperations.update('tt', odd)],
  ...fields(
    ['retention', 'compactBy', 'legalHold'],
    async (one) => await events.topicOperations.update('tt', one),
  ),
  ['topics.remove', async (odd) => await events.topicOperations.remove(odd)],
  ['setRetention, pattern', async (odd) => await events.topicOperations.setRetention(odd, { maxCount: 9 })],
  ['setRetention', async (odd) => await events.topicOperations.setRetention('x.>', odd)],
  ...fields(
    ['maxAgeMs', 'maxBytes', 'maxCount'],
    async (one) => await events.topicOperations.setRetention('x.>', one),
  ),
  ['removeRetention', async (odd) => await events.topicOperations.removeRetention(odd)],
  ['applyRetention', async (odd) => await events.topicOperations.applyRetention(odd)],
  ...fields(['dryRun', 'signal'], async (one) => await events.topicOperations.applyRetention(one)),
  ['compactKeys, name', async (odd) => await events.topicOperations.compactKeys(odd)],
  ['compactKeys, options', async (odd) => await events.topicOperations.compactKeys('tt', odd)],
]

const all = [...logCalls, ...eventCalls, ...groupCalls, ...topicCalls]
describe.each(all.map(([name, call], index) => [`${index} ${name}`, call] as const))('%s', (_name, call) => {
  it('takes every odd value or refuses it with a code', async () => {
    const faults: string[] = []
    // One after another: they share a store.
    for (const { name, make } of ODD_VALUES) {
      const fault = await oddCallFault(() => call(make() as never))
      if (fault !== undefined) faults.push(`${name}: ${fault}`)
    }
    expect(faults).toEqual([])
  })
})

it('how to get the chunks of an import is asked once', async () => {
  let asked = 0
  const changing = Object.defineProperty({}, Symbol.asyncIterator, {
    get: () => (asked++ === 0 ? bytes : undefined),
  })
  const { rawBytes } = await events.importFrom(changing as AsyncIterable<Uint8Array>)
  expect(rawBytes).toBeGreaterThan(0)
})

it('a topic without a name is not created', async () => {
  const made = events.topicOperations.create(undefined as never)
  await expect(made).rejects.toMatchObject({ code: 'STREAM_TOPIC_INVALID' })
})

it('a store that was given every odd value serves, and opens again', async () => {
  const { logs: again, events: others } = await host.reopen()
  await again.append({ topic: 'end', message: 'm' })
  await others.append({ topic: 'end', payload: 1 })
  expect((await again.verify()).problems).toEqual([])
  expect((await others.verify()).problems).toEqual([])
})

it('a member of options that does not exist is refused with the name that was meant', () => {
  expect(() => logs.read({ topics: 'n' } as never)).toThrow('did you mean topic?')
  expect(() => events.search('x', { limits: 1 } as never)).toThrow('did you mean limit?')
})
