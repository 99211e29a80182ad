import { concatBytes, utf8Encode } from '@forgeone/common'
import { expect, test } from 'vitest'
import { chunksOf, StoreHost } from './store-host.ts'

/** What would be stored as something else, or in part. */
const LOSSY: readonly string[] = [
  '9007199254740993',
  '-9007199254740993',
  '{"id":12345678901234567890}',
  '[0,[1e400]]',
  '1e-400',
  '0.1234567890123456789',
  '{"a":1,"a":2}',
  String.raw`{"a":1,"\u0061":2}`,
]
const EXACT = [
  '9007199254740992',
  '9007199254740994',
  '1.10',
  '1e3',
  '0.1',
  '-1.5e-7',
  '{"a":[{"a":1},{"a":1}]}',
]
const good = '{"topic":"orders","payload":1}'
const cloud = (id: string, data: string): string =>
  `{"specversion":"1.0","id":"${id}","source":"/s","type":"orders","data":${data}}`

test('events whose JSON would not be kept as it is are refused with their line, and those before stay', async () => {
  await using host = new StoreHost()
  const { events } = await host.open()
  for (const [index, payload] of LOSSY.entries()) {
    const line = `{"topic":"orders","payload":${payload}}`
    const metadata = `{"topic":"orders","payload":1,"metadata":{"m":${payload}}}`
    for (const [kind, bad] of [line, metadata].entries()) {
      const source = `lossy-${index}-${kind}`
      const attempt = events.importFrom(chunksOf(utf8Encode(`${good}\n${bad}\n`)), { source })
      await expect(attempt, bad).rejects.toMatchObject({ code: 'STREAM_VALUE_INVALID', details: { line: 2 } })
    }
  }
  expect((await events.read().toArray()).map(({ payload }) => payload)).toEqual(LOSSY.flatMap(() => [1, 1]))
})

test('CloudEvents too, as lines, as a batch and as a document over several lines', async () => {
  await using host = new StoreHost()
  const { events } = await host.open()
  for (const payload of LOSSY) {
    const [first, bad] = [cloud('a', '1'), cloud('b', payload)]
    for (const [text, line] of [
      [`${first}\n${bad}\n`, 2],
      [`[${first},${bad}]`, 1],
      [`[\n${first},\n${bad}\n]`, 1],
      [`{"specversion":"1.0","id":"c","source":"/s","type":"orders","data":1,"x":${payload}}`, 1],
    ] as const) {
      const attempt = events.importFrom(chunksOf(utf8Encode(text)), { format: 'cloudevents' })
      await expect(attempt, text).rejects.toMatchObject({ code: 'STREAM_VALUE_INVALID', details: { line } })
    }
  }
})

test('what is kept as it is comes in, also behind a byte order mark', async () => {
  await using host = new StoreHost()
  const { events } = await host.open()
  const lines = EXACT.map((payload) => `{"topic":"orders","payload":${payload}}\n`).join('')
  await events.importFrom(chunksOf(utf8Encode(`\uFEFF${lines}`)), {})
  const clouds = EXACT.map((payload, index) => `${cloud(`${index}`, payload)}\n`).join('')
  await events.importFrom(chunksOf(utf8Encode(`\uFEFF${clouds}`)), { format: 'cloudevents' })
  const values = EXACT.map((text) => JSON.parse(text) as unknown)
  expect((await events.read().toArray()).map(({ payload }) => payload)).toEqual([...values, ...values])
})

test('bytes that are no UTF-8 and base64 that is none are refused with their line, not replaced', async () => {
  await using host = new StoreHost()
  const { events } = await host.open()
  const latin = new Uint8Array([0x22, 0xe9, 0x22])
  const jsonl = concatBytes([utf8Encode(`${good}\n{"topic":"orders","payload":`), latin, utf8Encode('}\n')])
  const text = cloud('b', '@')
  const at = text.indexOf('@')
  const clouds = concatBytes([
    utf8Encode(`${cloud('a', '1')}\n${text.slice(0, at)}`),
    latin,
    utf8Encode(`${text.slice(at + 1)}\n`),
  ])
  const refused = { code: 'STREAM_VALUE_INVALID', details: { line: 2 } }
  await expect(events.importFrom(chunksOf(jsonl), {})).rejects.toMatchObject(refused)
  await expect(events.importFrom(chunksOf(clouds), { format: 'cloudevents' })).rejects.toMatchObject(refused)
  const bytes = `${good}\n{"topic":"orders","payload":{"$bytes":"no base64!"}}\n`
  await expect(events.importFrom(chunksOf(utf8Encode(bytes)), {})).rejects.toMatchObject(refused)
})
