import { expect, test } from 'vitest'
import { readRunContent } from '../../src/index.ts'
import { runContent, type RunPlace } from '../../src/block/run-proof.ts'
import { encodeColumns } from '../../src/block/block-columns.ts'
import type { EntryRow } from '../../src/entry/validate.ts'
import { START_MS, StoreHost } from '../stream/store-host.ts'

test('the content of a proof says what the events of its run say, with their ids and hashes', async () => {
  await using host = new StoreHost({ shardCount: 4 })
  const { events } = await host.open()
  const { ids } = await events.append([
    { topic: 'a', payload: { text: 'ü\n', n: 1 }, priority: 'high', metadata: { by: 'x' } },
    { topic: 'b', payload: 'elsewhere' },
    { topic: 'a', payload: new Uint8Array([0, 255]), id: 'own', checkpointMarker: 'm' },
    { topic: 'a', payload: null, timestamp: START_MS - 5000 },
  ])
  const proof = await events.prove(ids[0]!)
  const run = readRunContent(proof.content)
  expect(run).toMatchObject({ kind: 'events', topic: 'a', commitTime: proof.run.commitTime })
  const stored = await Promise.all(proof.ids.map(async (id) => await events.get(id)))
  expect(JSON.stringify(run?.entries)).toBe(JSON.stringify(stored))
  expect(run?.entries.map(({ id }) => id)).toEqual([ids[0], 'own', ids[3]])
})

test('the content of a proof says what the log entries of its run say', async () => {
  await using host = new StoreHost({ shardCount: 2 })
  const { logs } = await host.open()
  const { ids } = await logs.append([
    { topic: 't', message: 'first\nline', severity: 'error', metadata: { n: [1] } },
    { topic: 't', message: '' },
  ])
  const { content } = await logs.prove(ids[1]!)
  const run = readRunContent(content)
  expect(run).toMatchObject({ kind: 'logs', topic: 't' })
  expect(run?.entries).toMatchObject([
    { id: ids[0], severity: 'error', message: 'first\nline', metadata: { n: [1] } },
    { id: ids[1], severity: 'info', message: '', metadata: {} },
  ])
})

const PLACE: RunPlace = {
  database: 'events_shard_0',
  topic: 't',
  topicId: 3,
  commitTime: START_MS,
  spans: [{ first: 7, count: 1 }],
}
const ROW: EntryRow = {
  topic: 't',
  timestamp: START_MS,
  level: 1,
  textKind: 'json',
  text: '{"a":1}',
  metadata: '{}',
  id: undefined,
  marker: undefined,
}

function contentOf(row: Partial<EntryRow>, place: Partial<RunPlace> = {}): Uint8Array {
  // Without its own metadata a row has the constant for none.
  const columns = encodeColumns([{ ...ROW, ...row }]).bytes
  return runContent({ ...PLACE, ...place }, columns)
}

test.each([
  ['JSON with a name twice, of which a reader sees one', contentOf({ text: '{"a":1,"a":2}' })],
  ['JSON with blanks', contentOf({ text: '{ "a":1}' })],
  ['text that is no JSON', contentOf({ text: 'a' })],
  ['text that is not UTF-8', contentOf({ text: Uint8Array.of(0x22, 0xff, 0x22) })],
  ['a message in a database of events', contentOf({ textKind: 'message' })],
  ['a level that no event has', contentOf({ level: 9 })],
  ['metadata that is no canonical object', contentOf({ metadata: '{"b":1,"a":2}' })],
  ['a time that no clock shows', contentOf({ timestamp: 2 ** 52 })],
  ['another database', contentOf({}, { database: 'vault' })],
  ['a topic beyond the ids', contentOf({}, { topicId: 2 ** 22 })],
  ['more entries than bytes', contentOf({}, { spans: [{ first: 7, count: 2 ** 40 }] })],
  ['more entries than columns', contentOf({}, { spans: [{ first: 7, count: 2 }] })],
  ['no entries', contentOf({}, { spans: [] })],
  ['surplus columns', Uint8Array.of(...contentOf({}), 9, 0)],
  ['a cut', contentOf({}).subarray(0, -1)],
  ['nothing', new Uint8Array(0)],
])('a run with %s is not shown, though its hash can be proven', (_what, content) => {
  expect(readRunContent(contentOf({}))?.entries).toMatchObject([{ payload: { a: 1 } }])
  expect(readRunContent(content)).toBeUndefined()
})
