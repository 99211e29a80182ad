import { assert, integer, property, constantFrom } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '@forgeone/common'
import { readLogBatches } from '../../src/import/import-source.ts'
import type { ImportRow } from '../../src/import/import-row.ts'
import { LINE_BYTES_MAX } from '../../src/import/lines/line-splitter.ts'
import { createJsonLineParser } from '../../src/import/parsers/json-line-parser.ts'
import { utcZone } from '../../src/time/zone.ts'

const NOW = Date.UTC(2026, 5, 1)
const parser = createJsonLineParser({ zone: utcZone, now: NOW })

/** What each writes, with the time and the level that it means. */
const WRITERS: readonly (readonly [name: string, line: string, time: string, level: number | undefined])[] = [
  [
    'journald',
    '{"__REALTIME_TIMESTAMP":"1772359200123456","PRIORITY":"3","MESSAGE":"disk bad"}',
    '2026-03-01T10:00:00.123Z',
    17,
  ],
  [
    'journald, bytes',
    '{"PRIORITY":"6","MESSAGE":[79,75,27],"__REALTIME_TIMESTAMP":"1772359201123456"}',
    '2026-03-01T10:00:01.123Z',
    9,
  ],
  [
    'CloudTrail',
    '{"eventVersion":"1.08","eventTime":"2026-03-01T10:00:00Z","eventName":"RunInstances"}',
    '2026-03-01T10:00:00Z',
    undefined,
  ],
  [
    'Kubernetes audit',
    '{"kind":"Event","level":"Metadata","requestReceivedTimestamp":"2026-03-01T10:00:00.123456Z","stageTimestamp":"2026-03-01T11:00:00.2Z"}',
    '2026-03-01T10:00:00.123Z',
    undefined,
  ],
  [
    'Serilog',
    '{"@t":"2026-03-01T10:00:00.1234567Z","@l":"Warning","@mt":"x"}',
    '2026-03-01T10:00:00.123Z',
    13,
  ],
  ['Serilog, verbose', '{"@t":"2026-03-01T10:00:00Z","@l":"Verbose"}', '2026-03-01T10:00:00Z', 1],
  [
    'Log4j 2',
    '{"instant":{"epochSecond":1772359200,"nanoOfSecond":123456789},"level":"ERROR"}',
    '2026-03-01T10:00:00.123Z',
    17,
  ],
  ['Log4j 2, millis', '{"timeMillis":1772359200123,"level":"FATAL"}', '2026-03-01T10:00:00.123Z', 21],
  [
    'OTLP',
    '{"timeUnixNano":"1772359200123456789","severityNumber":17,"body":{}}',
    '2026-03-01T10:00:00.123Z',
    17,
  ],
  [
    'OTLP, number and text',
    '{"timeUnixNano":1772359200123456789,"severityText":"WARN"}',
    '2026-03-01T10:00:00.123Z',
    13,
  ],
  [
    'ECS',
    '{"@timestamp":"2026-03-01T10:00:00.123Z","log.level":"error","message":"x"}',
    '2026-03-01T10:00:00.123Z',
    17,
  ],
  [
    'ECS, nested',
    '{"@timestamp":"2026-03-01T10:00:00.123Z","log":{"logger":"a","level":"warn"}}',
    '2026-03-01T10:00:00.123Z',
    13,
  ],
  [
    'Docker',
    '{"log":"{\\"level\\":\\"error\\"}","time":"2026-03-01T10:00:00.123456789Z"}',
    '2026-03-01T10:00:00.123Z',
    undefined,
  ],
  [
    'MongoDB',
    '{"t":{"$date":"2026-03-01T10:00:00.123+00:00"},"s":"W","c":"NETWORK"}',
    '2026-03-01T10:00:00.123Z',
    13,
  ],
  ['hclog', '{"@level":"info","@timestamp":"2026-03-01T10:00:00.123456Z"}', '2026-03-01T10:00:00.123Z', 9],
  [
    'python-json-logger',
    '{"asctime":"2026-03-01 10:00:00,123","levelname":"ERROR"}',
    '2026-03-01T10:00:00.123Z',
    17,
  ],
]

describe('JSON lines', () => {
  test.each(WRITERS)('of %s give their time and level', (_, line, time, level) => {
    expect(parser.parse(line)).toEqual({ timestamp: Date.parse(time), level })
  })

  test('without a known time are named as such where the format was named', async () => {
    const rows = rowsOf('{"when":"2026-03-01T10:00:00Z","msg":"x"}\n{"when":1}\n', { format: 'jsonl' })
    await expect(rows).rejects.toMatchObject({
      code: 'STREAM_IMPORT_FORMAT',
      message: expect.stringContaining('no member at the top is known as a time') as unknown,
    })
    await expect(rowsOf('no json\n', { format: 'jsonl' })).rejects.toMatchObject({
      message: expect.stringContaining('no line at the start') as unknown,
    })
  })

  test('of any length have the time and level that stand in their beginning', async () => {
    const head = '{"time":"2026-03-01T11:00:00Z","level":"error","n":{"a":[1,"]"]},'
    const other = '{"time":"2026-03-01T10:00:00Z","level":"info"}\n'
    const edge = integer({ min: -70, max: 10 }).map((by) => LINE_BYTES_MAX + by - head.length)
    const bodies = constantFrom('"body":"', '"body":{"x":"', '"b\\u006fdy":["', '"')
    await assert(
      property(edge, bodies, constantFrom('x', '\u00e9', '\\\\', '\\"'), (length, open, unit) => {
        const close = open === '"' ? '":1}' : `"${open.includes('{') ? '}' : open.includes('[') ? ']' : ''}}`
        const line = `${head}${open}${unit.repeat(Math.ceil(length / Buffer.byteLength(unit)))}${close}`
        const text = Buffer.from(line).toString('latin1').slice(0, LINE_BYTES_MAX)
        expect(parser.parse(text)).toEqual({ timestamp: Date.UTC(2026, 2, 1, 11), level: 17 })
      }),
      { numRuns: 60 },
    )
    for (const length of [LINE_BYTES_MAX - head.length, LINE_BYTES_MAX, 3 * LINE_BYTES_MAX]) {
      const rows = await rowsOf(`${other.repeat(4)}${head}"body":"${'x'.repeat(length)}"}\n${other}`, {})
      const first = rows.find(({ message }) => message.length > LINE_BYTES_MAX / 2)!
      expect([first.timestamp, first.level]).toEqual([Date.UTC(2026, 2, 1, 11), 17])
      for (const part of rows.filter(({ continued }) => continued))
        expect(part).toMatchObject({ level: 17, timestamp: first.timestamp, parsed: true })
      expect(rows.at(-1)).toMatchObject({ level: 9, timestamp: Date.UTC(2026, 2, 1, 10) })
    }
  })
})

async function rowsOf(text: string, options: { readonly format?: 'jsonl' }): Promise<ImportRow[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield utf8Encode(text)
  }
  const batches = await Array.fromAsync(readLogBatches(chunks(), { defaultTimestamp: NOW, ...options }))
  return batches.flatMap((batch) => batch.rows)
}
