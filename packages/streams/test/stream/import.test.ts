import { gzipSync, zstdCompressSync } from 'node:zlib'
import { concatBytes, SeededRandom, utf8Encode } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import { decompress, type ImportOptions, type LogStream } from '../../src/index.ts'
import { chunksOf, StoreHost } from './store-host.ts'

const random = new SeededRandom(20_240_501)
const pad = (value: number, digits = 2): string => `${value}`.padStart(digits, '0')
const clock = (n: number): string =>
  `${pad(Math.floor(n / 3600) % 24)}:${pad(Math.floor(n / 60) % 60)}:${pad(n % 60)}`
const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR']

/** A line of each format, for a second of 1 May 2024. */
const FORMATS: Readonly<Record<string, (n: number) => string>> = {
  jsonl: (n) =>
    JSON.stringify({
      time: `2024-05-01T${clock(n)}Z`,
      level: LEVELS[n % 4],
      msg: `request ${n}`,
      user: random.below(99),
    }),
  syslog: (n) =>
    `May  1 ${clock(n)} host-${random.below(9)} sshd[${random.below(9999)}]: Failed password for root`,
  access: (n) =>
    `10.0.${random.below(255)}.1 - - [01/May/2024:${clock(n)} +0000] "GET /${n} HTTP/1.1" ${random.below(2) === 0 ? 200 : 500} ${n}`,
  iso: (n) => `2024-05-01T${clock(n)}.123Z ${LEVELS[n % 4]} line ${n} ü`,
  'time-prefix': (n) => `2024/05/01 ${clock(n)} [${LEVELS[n % 4]!.toLowerCase()}] line ${n}`,
  plain: (n) => `nothing to see here ${random.below(1_000_000)} ${n}`,
}

function fileOf(line: (n: number) => string, lines: number, end = '\n'): Uint8Array {
  return utf8Encode(Array.from({ length: lines }, (_, n) => line(n) + end).join(''))
}

async function importInto(
  logs: LogStream,
  source: Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<Awaited<ReturnType<LogStream['importFrom']>>> {
  return await logs.importFrom(decompress(chunksOf(source)), { topic: 'imported', year: 2024, ...options })
}

async function exported(logs: LogStream, topic = 'imported'): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(logs.exportRaw({ topic })))
}

describe('an imported file comes back byte for byte', () => {
  test.each(Object.entries(FORMATS))('in format %s, plain, gzip and zstd', async (format, line) => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    const source = fileOf(line, 2_500)
    for (const [topic, bytes] of [
      ['plain', source],
      ['gzip', gzipSync(source)],
      ['zstd', zstdCompressSync(source)],
    ] as const) {
      const result = await importInto(logs, bytes, { topic })
      expect(result).toMatchObject({
        lines: 2_500,
        rawBytes: source.length,
        resumedAt: 0,
        interrupted: false,
      })
      expect(format === 'time-prefix' ? 'time-prefix' : result.format).toBe(format)
      expect(result.unparsedLines).toBe(format === 'plain' ? 2_500 : 0)
      expect(Buffer.compare(await exported(logs, topic), source)).toBe(0)
    }
    const first = (await logs.read({ topic: 'plain', limit: 1 }).toArray())[0]!
    if (format !== 'plain') expect(new Date(first.timestamp).toISOString()).toMatch(/^2024-05-01T00:00:00/)
  })

  test.each<[string, Uint8Array]>([
    ['without a last line end', utf8Encode('2024-05-01T00:00:00Z a\nb')],
    ['with CRLF, lone CR and empty lines', utf8Encode('a\r\n\r\n\rb\r\n\n\n')],
    ['of invalid UTF-8', Uint8Array.from({ length: 4_096 }, (_, n) => (n * 131 + (n >> 5)) & 255)],
    ['with surrogates in UTF-8', Uint8Array.of(0xed, 0xa0, 0x80, 10, 0xf0, 0x9f, 0x98, 0x80, 10)],
    ['with NUL and a byte order mark', utf8Encode('\ufeff\0\0\n\0')],
    ['of one line of 3 MiB', concatBytes([utf8Encode('é'.repeat(1_572_864)), utf8Encode('\nshort\n')])],
    [
      'of one line of 3 MiB that is no UTF-8',
      concatBytes([new Uint8Array(3 * 1024 * 1024).fill(0xff), utf8Encode('\r\nshort')]),
    ],
    ['of no line', new Uint8Array(0)],
  ])('%s', async (_, source) => {
    await using host = new StoreHost()
    await importInto((await host.open()).logs, source)
    const { logs } = await host.reopen()
    expect(Buffer.compare(await exported(logs), source)).toBe(0)
  })
})

describe('an import that was interrupted', () => {
  const source = fileOf((n) => (n % 7 === 3 ? `  more ${n}` : FORMATS['iso']!(n)), 600)
  const options = { source: 'app.log', batchLines: 64 }

  test.each(Array.from({ length: 10 }, (_, batch) => batch))(
    'after batch %i goes on where it stopped',
    async (batches) => {
      await using host = new StoreHost()
      const { logs } = await host.open()
      const stop = new AbortController()
      let seen = 0
      const onProgress = (): void => void (++seen > batches && stop.abort())
      const first = await importInto(logs, source, { ...options, signal: stop.signal, onProgress })
      expect(first.interrupted).toBe(batches < 9)
      const { logs: again } = await host.reopen()
      const second = await importInto(again, source, options)
      expect(second.resumedAt).toBe(first.rawBytes)
      expect(first.lines + second.lines).toBe(600)
      expect(Buffer.compare(await exported(again), source)).toBe(0)
      expect(await importInto(again, source, options)).toMatchObject({ lines: 0, resumedAt: source.length })
    },
  )

  test('by a failing source goes on at its last batch', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield source.subarray(0, source.length / 2)
      throw new Error('disk gone')
    }
    await expect(logs.importFrom(failing(), { topic: 'imported', ...options })).rejects.toThrow('disk gone')
    const second = await importInto((await host.reopen()).logs, source, options)
    expect(second.resumedAt).toBeGreaterThan(0)
    expect(Buffer.compare(await exported((await host.reopen()).logs), source)).toBe(0)
  })

  test('is told apart from another source and another topic', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    await importInto(logs, source, options)
    expect(await importInto(logs, source, { ...options, source: 'other.log', topic: 'b' })).toMatchObject({
      lines: 600,
      resumedAt: 0,
    })
    expect(await importInto(logs, source, { ...options, topic: 'c' })).toMatchObject({
      lines: 600,
      resumedAt: 0,
    })
  })
})

describe('imported events', () => {
  test('are those that were exported, the largest payloads included', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    await events.append([
      {
        topic: 'a',
        payload: { b: [1, 'é'] },
        priority: 'high',
        metadata: { x: 1 },
        id: 'own',
        timestamp: 5,
        checkpointMarker: 'm',
      },
      { topic: 'b', payload: new Uint8Array(1_048_576).fill(200) },
      { topic: 'c', payload: '"'.repeat(520_000) },
    ])
    const before = await events.read().toArray()
    const lines = utf8Encode(before.map((event) => `${JSON.stringify(event)}\n`).join(''))
    await using other = new StoreHost()
    const { events: copies } = await other.open()
    expect(await copies.importFrom(chunksOf(lines), { source: 'events' })).toMatchObject({
      events: 3,
      resumedAt: 0,
    })
    for (const event of before) {
      const [copy] = await copies.read({ topic: event.topic }).toArray()
      const { payload, priority, metadata, timestamp } = event
      expect(copy).toMatchObject({ priority, metadata, timestamp })
      expect(copy!.payload).toEqual(payload)
    }
    expect((await copies.get('own'))?.checkpointMarker).toBe('m')
    expect(await copies.importFrom(chunksOf(lines), { source: 'events' })).toMatchObject({ events: 0 })
  })

  test.each([
    [
      '{"topic":"a","payload":1,"metdata":{"user":"u"}}',
      'it has no member "metdata"; did you mean metadata?',
    ],
    ['{"topic":"a","payload":1,"traceId":"t"}', 'it has no member "traceId"; known are topic, payload, '],
  ])('refuses %s, of which a part would be lost', async (line, reason) => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const refused = events.importFrom(chunksOf(utf8Encode(`{"topic":"a","payload":0}\n${line}\n`)))
    await expect(refused).rejects.toMatchObject({
      code: 'STREAM_VALUE_INVALID',
      message: expect.stringContaining(`line 2 is not an event: ${reason}`),
    })
    const kept = await events.read({ topic: 'a' }).toArray()
    expect(kept.map(({ payload }) => payload)).toEqual([0])
  })

  test('stop before a line that is none, and go on there once it is corrected', async () => {
    await using host = new StoreHost()
    const { events } = await host.open()
    const good = '{"topic":"a","payload":1}\n'
    const bad = utf8Encode(`${good}${good}{"payload":2}\n${good}`)
    const fixed = utf8Encode(`${good}${good}{"topic":"b","payload":2}\n${good}`)
    const refusal = expect.objectContaining({ code: 'STREAM_VALUE_INVALID', details: { line: 3 } })
    await expect(events.importFrom(chunksOf(bad), { source: 'x' })).rejects.toEqual(refusal)
    expect(await events.importFrom(chunksOf(fixed), { source: 'x' })).toMatchObject({ events: 2 })
    expect(events.topics().map(({ name, count }) => [name, count])).toEqual([
      ['a', 3],
      ['b', 1],
    ])
  })
})
