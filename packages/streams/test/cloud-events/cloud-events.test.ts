import { utf8Encode, type JsonObject, type JsonValue } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventInput, EventMessage, EventStream } from '../../src/index.ts'
import { PRIORITIES } from '../../src/index.ts'
import { chunksOf, START_MS, StoreHost } from '../stream/store-host.ts'

const failing = (code: string): unknown => expect.objectContaining({ code })

const PULL_REQUEST = {
  specversion: '1.0',
  type: 'com.github.pull_request.opened',
  source: 'https://github.com/cloudevents/spec/pull',
  subject: '123',
  id: 'A234-1234-1234',
  time: '2018-04-05T17:31:00.123456+02:00',
  comexampleextension1: 'value',
  comexampleothervalue: 5,
  datacontenttype: 'text/xml',
  dataschema: 'https://example.com/schema',
  data: '<much wow="xml"/>',
}

async function take(
  events: EventStream,
  text: string,
  options: Parameters<EventStream['importFrom']>[1] = {},
): ReturnType<EventStream['importFrom']> {
  return await events.importFrom(chunksOf(utf8Encode(text), 7), { format: 'cloudevents', ...options })
}

async function exported(events: EventStream): Promise<JsonObject[]> {
  const lines = await Array.fromAsync(events.exportCloudEvents())
  return lines.map((line) => JSON.parse(line) as JsonObject)
}

describe('a foreign event', () => {
  test('comes back from an export with every attribute it had', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    await take(events, JSON.stringify(PULL_REQUEST))
    const [event] = await events.read().toArray()
    expect(event).toMatchObject({
      id: 'A234-1234-1234',
      topic: 'com.github.pull_request.opened',
      timestamp: Date.UTC(2018, 3, 5, 15, 31, 0, 123),
      payload: '<much wow="xml"/>',
      metadata: { subject: '123', ce_comexampleextension1: 'value', ce_source: PULL_REQUEST.source },
    })
    const [back] = await exported(events)
    expect(back).toMatchObject(PULL_REQUEST)
    expect(back).toMatchObject({ priority: 'normal', forgehash: event!.contentHash })
  })

  test('of a type that is no topic needs one, and gets its type back', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const odd = JSON.stringify({ ...PULL_REQUEST, type: 'two words', priority: 7 })
    await expect(take(events, odd)).rejects.toMatchObject({
      code: 'STREAM_VALUE_INVALID',
      details: { line: 1 },
    })
    await take(events, odd, { topic: 'github' })
    expect(await exported(events)).toMatchObject([{ type: 'two words', forgetopic: 'github', priority: 7 }])
  })
})

const event = (n: number): JsonObject => ({
  specversion: '1.0',
  id: `${n}`,
  source: 's',
  type: 't',
  data: n,
})

describe('events are read from', () => {
  const framings: readonly (readonly [string, string])[] = [
    ['one object', JSON.stringify(event(0))],
    ['one object over lines', JSON.stringify(event(0), undefined, 2)],
    ['a batch', JSON.stringify([0, 1, 2].map(event))],
    ['a batch over lines', `\r\n${JSON.stringify([0, 1, 2].map(event), undefined, 1)}\r\n`],
    ['JSON lines', [0, 1, 2].map((n) => `${JSON.stringify(event(n))}\n`).join('\n')],
    ['JSON lines of events and batches', `${JSON.stringify(event(0))}\n${JSON.stringify([1, 2].map(event))}`],
    ['an empty batch', '[]'],
    ['nothing', ''],
  ]
  test.each(framings)('%s', async (name, text) => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const count = name.startsWith('one') ? 1 : text.length > 2 ? 3 : 0
    expect(await take(events, text)).toMatchObject({ events: count, interrupted: false })
    const payloads = (await events.read().toArray()).map(({ payload }) => payload)
    expect(payloads).toEqual([0, 1, 2].slice(0, count))
  })

  test('a batch of more events than one append takes, and a second run goes on in it', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const all = Array.from({ length: 12_000 }, (_, n) => event(n))
    const broken = all.with(11_500, { ...event(11_500), specversion: '0.3' })
    await expect(take(events, JSON.stringify(broken), { source: 'file' })).rejects.toMatchObject({
      details: { line: 11_501 },
    })
    const { resumedAt, events: rest } = await take(events, JSON.stringify(all), { source: 'file' })
    expect(resumedAt).toBeGreaterThan(0)
    expect(rest).toBe(500)
    const payloads = (await events.read().toArray()).map(({ payload }) => payload)
    expect(payloads).toEqual(all.map(({ data }) => data))
  })
})

test('a second run of JSON lines begins at the line that stopped the first', async () => {
  await using host = new StoreHost()
  const { events } = await host.open()
  const run = async (bad: string): Promise<unknown> =>
    await take(events, `1\n${bad}\n3\n`, { format: 'jsonl', topic: 't', source: 'file' })
  await expect(run('no')).rejects.toMatchObject({ details: { line: 2 } })
  expect(await run('22')).toMatchObject({ events: 2 })
  expect((await events.read().toArray()).map(({ payload }) => payload)).toEqual([1, 22, 3])
})

test.each<[string, JsonValue]>([
  ['no specversion', { id: '1', source: 's', type: 't' }],
  ['no id', { specversion: '1.0', source: 's', type: 't' }],
  ['an empty source', { specversion: '1.0', id: '1', source: '', type: 't' }],
  ['data twice', { specversion: '1.0', id: '1', source: 's', type: 't', data: 1, data_base64: 'AA==' }],
  ['no base64', { specversion: '1.0', id: '1', source: 's', type: 't', data_base64: '*' }],
  ['no time', { specversion: '1.0', id: '1', source: 's', type: 't', time: 'noon' }],
  ['a number for a subject', { specversion: '1.0', id: '1', source: 's', type: 't', subject: 1 }],
  ['foreign metadata of ours', { specversion: '1.0', id: '1', source: 's', type: 't', forgemetadata: '[]' }],
  ['no object', 5],
])('an event with %s is refused with its number', async (_, bad) => {
  await using host = new StoreHost()
  const { events } = await host.open()
  const good = { specversion: '1.0', id: 'good', source: 's', type: 't' }
  await expect(take(events, `${JSON.stringify([good, bad])}\n`)).rejects.toMatchObject({
    code: 'STREAM_VALUE_INVALID',
    details: { line: 2 },
  })
  expect((await events.read().toArray()).map(({ id, payload }) => [id, payload])).toEqual([['good', null]])
})

test.each(['jsonl', 'cloudevents'] as const)(
  'a source of %s that is told to stop ends there, even within an event',
  async (format) => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const whole = format === 'jsonl' ? '{"n":1}' : JSON.stringify(event(1))
    const stop = new AbortController()
    async function* brokenOff(): AsyncGenerator<Uint8Array> {
      yield utf8Encode(`${whole}\n${whole.slice(0, -3)}`)
      await Promise.resolve()
      stop.abort()
    }
    const result = await events.importFrom(brokenOff(), { format, topic: 't', signal: stop.signal })
    expect(result.interrupted).toBe(true)
    expect(await events.read().toArray()).toHaveLength(result.events)
  },
)

test('members that say the same as a field come back, and ids of a store are given anew', async () => {
  await using host = new StoreHost()
  await using other = new StoreHost()
  other.clock.advance(1)
  const [{ events }, { events: copy }] = [await host.open(), await other.open()]
  const own: readonly JsonObject[] = [
    { ce_type: 't', ce_source: 'forge:00/t', ce_time: new Date(START_MS).toISOString() },
    { ce_type: 'x', ce_source: 's', ce_time: '2024-01-01T00:00:00Z', ce_priority: 'high' },
    { ce_datacontenttype: 'application/json', ce_dataschema: '', subject: '' },
  ]
  const inputs = own.map((members) => ({ topic: 't', payload: null, timestamp: START_MS, metadata: members }))
  const { ids } = await events.append(inputs)
  const lines = (await Array.fromAsync(events.exportCloudEvents())).join('\n')
  await take(copy, lines.split('\n')[0]!)
  await take(copy, lines.split('\n')[0]!)
  await take(copy, lines.split('\n')[2]!)
  const [first, again, third] = await copy.read().toArray()
  expect([first!.metadata, again!.metadata, third!.metadata]).toEqual([own[0], own[0], own[2]])
  expect(ids).not.toContain(first!.id)
  // An event of a foreign source keeps its id, whatever it looks like.
  await take(copy, lines.split('\n')[1]!)
  expect((await copy.get(ids[1]!))?.metadata).toEqual(own[1])
})

test('what is no JSON is refused', async () => {
  await using host = new StoreHost()
  const { events } = await host.open()
  await expect(take(events, 'nothing\nlike it')).rejects.toEqual(failing('STREAM_VALUE_INVALID'))
})

const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)
const wellFormed = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.toWellFormed())
const MEMBERS: readonly string[] =
  'subject user __proto__ schemaVersion ce_ ce_A ce_forgehash ce_data ce_id ce_type ce_source ce_time ce_datacontenttype ce_dataschema ce_priority ce_mine ce_specversion ce_data_base64 ce_subject'.split(
    ' ',
  )
const member = fc.oneof(fc.constantFrom(...MEMBERS), wellFormed)
const value = fc.oneof(
  json,
  wellFormed,
  fc.constantFrom<JsonValue[]>(
    '',
    't',
    'a.b',
    'forge:00/t',
    'high',
    'application/json',
    0,
    -1,
    2 ** 31,
    1.5,
    true,
  ),
  fc.constantFrom('2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000Z', '2024-01-01T01:00:00+01:00'),
)
const metadata = fc
  .array(fc.tuple(member, value), { maxLength: 5 })
  .map((members) => Object.fromEntries(members) as JsonObject)
const input: fc.Arbitrary<EventInput> = fc.record(
  {
    topic: fc.constantFrom('t', 'a.b', 'é/%', 'high'),
    payload: fc.oneof(json, fc.uint8Array({ maxLength: 20 })),
    timestamp: fc.oneof(
      fc.constantFrom(START_MS, 0, -1, Date.UTC(9999, 11, 31), Date.UTC(10_000, 0), -(2 ** 50)),
      fc.integer({ min: -(2 ** 51) + 1, max: 2 ** 51 - 1 }),
    ),
    priority: fc.constantFrom(...PRIORITIES),
    metadata,
    checkpointMarker: fc.constantFrom('m', 'ü'),
  },
  { requiredKeys: ['topic', 'payload'] },
)

const content = ({
  topic,
  payload,
  timestamp,
  priority,
  metadata: own,
  checkpointMarker,
}: EventMessage): unknown => ({
  topic,
  payload,
  timestamp,
  priority,
  metadata: own,
  checkpointMarker,
})

test('whatever an event holds comes back from CloudEvents, in another store too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 8 }), async (inputs) => {
      await using host = new StoreHost({ shardCount: 1 })
      await using other = new StoreHost({ shardCount: 1 })
      const [{ events }, { events: copy }] = [await host.open(), await other.open()]
      await events.append(inputs)
      const lines = await Array.fromAsync(events.exportCloudEvents())
      await take(copy, lines.join('\n'))
      const before = (await events.read().toArray()).map(content)
      expect((await copy.read().toArray()).map(content)).toEqual(before)
    }),
    { numRuns: 150 },
  )
})
