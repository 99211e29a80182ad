import { gzipSync, zstdCompressSync } from 'node:zlib'
import { concatBytes, utf8Encode } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import { decompress, detectCompression } from '../../src/import/decompress.ts'
import { readLogBatches, type ImportBatch, type ReadLogOptions } from '../../src/import/import-source.ts'
import { TERMINATOR_BYTES, type ImportRow } from '../../src/import/import-row.ts'
import { LINE_BYTES_MAX } from '../../src/import/lines/line-splitter.ts'

const DEFAULT_TIME = Date.UTC(2024, 0, 1)

async function* chunksOf(bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

async function batchesOf(
  source: string | Uint8Array,
  options: Partial<ReadLogOptions> = {},
): Promise<ImportBatch[]> {
  const bytes = typeof source === 'string' ? utf8Encode(source) : source
  return Array.fromAsync(readLogBatches(chunksOf(bytes), { defaultTimestamp: DEFAULT_TIME, ...options }))
}

async function rowsOf(
  source: string | Uint8Array,
  options: Partial<ReadLogOptions> = {},
): Promise<ImportRow[]> {
  return (await batchesOf(source, options)).flatMap((batch) => batch.rows)
}

function rebuild(rows: readonly ImportRow[]): Uint8Array {
  return concatBytes(rows.flatMap((row) => [row.message, TERMINATOR_BYTES[row.terminator]]))
}

const line = (second: number, level = 'INFO'): string =>
  `2024-05-01 00:00:${String(second % 60).padStart(2, '0')} ${level} line ${second}`

describe('reading a log', () => {
  test('keeps every byte, CRLF, invalid UTF-8 and a missing last line end included', async () => {
    const source = concatBytes([
      utf8Encode(`${line(1)}\r\n${line(2)}\n\n`),
      Uint8Array.of(0xff, 0xfe, 0, 13, 10),
      utf8Encode(line(3)),
    ])
    const rows = await rowsOf(source, { format: 'iso' })
    expect([...rebuild(rows)]).toEqual([...source])
    expect(rows.map((row) => row.terminator)).toEqual(['crlf', 'lf', 'lf', 'crlf', 'none'])
  })

  test('gives lines without time that of the line before, and the default before the first', async () => {
    const source = ['head', line(1, 'ERROR'), '  at foo', line(2), line(3), line(4), line(5)].join('\n')
    const rows = await rowsOf(source, { format: 'iso' })
    const second = Date.UTC(2024, 4, 1, 0, 0, 1)
    expect(rows.slice(0, 4).map(({ timestamp, level, parsed }) => ({ timestamp, level, parsed }))).toEqual([
      { timestamp: DEFAULT_TIME, level: 9, parsed: false },
      { timestamp: second, level: 17, parsed: true },
      { timestamp: second, level: 9, parsed: false },
      { timestamp: second + 1_000, level: 9, parsed: true },
    ])
  })

  test('keeps a huge line in parts, all with the time and level of its start', async () => {
    const source = utf8Encode(`${line(1, 'ERROR')}${'x'.repeat(3_000_000)}\n${line(2)}\n`)
    const rows = await rowsOf(source, { format: 'iso' })
    const parts = Math.ceil((3_000_000 + line(1, 'ERROR').length) / LINE_BYTES_MAX)
    expect(rows.map((row) => row.continued)).toEqual([false, ...Array(parts - 1).fill(true), false])
    expect(rows.slice(0, -1).every((row) => row.level === 17 && row.message.length <= LINE_BYTES_MAX)).toBe(
      true,
    )
    expect(Buffer.compare(rebuild(rows), source)).toBe(0)
  })

  test('stops at every batch boundary and goes on there as if it had not stopped', async () => {
    const lines = Array.from({ length: 500 }, (_, at) => (at % 7 === 3 ? '  more' : line(at)))
    const source = `${lines.join('\n')}\n`
    const all = await batchesOf(source, { batchLines: 64 })
    expect(all.map((batch) => batch.rows.length)).toEqual([64, 64, 64, 64, 64, 64, 64, 52])
    expect(all.at(-1)!.endOffset).toBe(source.length)
    const second = await rowsOf(source, { batchLines: 64, startOffset: all[2]!.endOffset })
    expect(second).toEqual(all.slice(3).flatMap((batch) => batch.rows))
  })

  test('ends a batch that reaches its bytes', async () => {
    const batches = await batchesOf(`${'x'.repeat(99)}\n`.repeat(10), { batchBytes: 250 })
    expect(batches.map((batch) => batch.rows.length)).toEqual([3, 3, 3, 1])
  })

  test('sees the time behind a byte order mark', async () => {
    const [row] = await rowsOf(`\ufeff${line(1)}\n`, { format: 'plain' })
    expect(row!.parsed).toBe(false)
    const rows = await rowsOf(`\ufeff${line(1)}\n${line(2)}\n${line(3)}\n${line(4)}\n${line(5)}\n`)
    expect(rows[0]!.parsed).toBe(true)
  })

  test('of nothing, one line, and binary bytes', async () => {
    expect(await batchesOf('')).toEqual([])
    expect(await rowsOf('', { format: 'iso' })).toEqual([])
    expect((await batchesOf(line(1)))[0]!.detection).toEqual({ format: 'iso', score: 1, parserName: 'iso' })
    const binary = Uint8Array.from({ length: 5_000 }, (_, at) => (at * 197) & 255)
    expect([...rebuild(await rowsOf(binary))]).toEqual([...binary])
  })

  test('in a format that fits nothing is refused with the names of all', async () => {
    const refused = expect.objectContaining({ code: 'STREAM_IMPORT_FORMAT' })
    await expect(batchesOf('hello\n', { format: 'jsonl' })).rejects.toThrow(refused as Error)
    await expect(batchesOf('hello\n', { format: 'xml' as never })).rejects.toThrow(/jsonl, syslog/)
    await expect(batchesOf('hello\n', { zone: 'Mars' })).rejects.toThrow(
      expect.objectContaining({ code: 'STREAM_TIME_INVALID' }),
    )
  })
})

async function joinedOf(bytes: Uint8Array, size?: number): Promise<Uint8Array> {
  return concatBytes(await Array.fromAsync(decompress(chunksOf(bytes, size))))
}

describe('a compressed source', () => {
  // Products of a large prime repeat too little to be compressed to nothing.
  const text = utf8Encode(
    Array.from({ length: 20_000 }, (_, at) => `${line(at)} ${(at * 15_485_863) % 99_991}`).join('\n'),
  )
  const half = text.length >> 1

  test.each([
    ['plain', text],
    ['gzip', gzipSync(text)],
    ['gzip of two members', concatBytes([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))])],
    ['zstd', zstdCompressSync(text)],
    [
      'zstd of two frames',
      concatBytes([zstdCompressSync(text.subarray(0, half)), zstdCompressSync(text.subarray(half))]),
    ],
  ])('%s comes out whole', async (_, bytes) => {
    for (const size of [777, 65_536, bytes.length]) {
      expect(Buffer.compare(await joinedOf(bytes, size), text)).toBe(0)
    }
  })

  test('of zstd whose chunks end with its frames comes out whole', async () => {
    const frames = [zstdCompressSync(text.subarray(0, half)), zstdCompressSync(text.subarray(half))]
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* frames
    }
    expect(Buffer.compare(concatBytes(await Array.fromAsync(decompress(source()))), text)).toBe(0)
  })

  test('shorter than any magic bytes comes out whole', async () => {
    expect([...(await joinedOf(Uint8Array.of(0x1f, 0x8b)))]).toEqual([0x1f, 0x8b])
    expect([...(await joinedOf(new Uint8Array(0)))]).toEqual([])
    expect([...(await joinedOf(gzipSync('a'), 1))]).toEqual([97])
    expect(detectCompression(Uint8Array.of(0x28, 0xb5, 0x2f))).toBe('none')
  })

  test.each([
    ['truncated gzip', gzipSync(text).subarray(0, 5_000)],
    ['truncated zstd', zstdCompressSync(text).subarray(0, 5_000)],
    ['zstd with other bytes behind it', concatBytes([zstdCompressSync(text), utf8Encode('garbage')])],
    ['damaged gzip', gzipSync(text).fill(7, 3_000, 3_040)],
    ['damaged zstd', zstdCompressSync(text).fill(7, 3_000, 3_040)],
  ])('%s is refused', async (_, bytes) => {
    await expect(joinedOf(bytes).then((joined) => joined.length)).rejects.toThrow(
      expect.objectContaining({ code: 'INPUT_UNREADABLE' }),
    )
  })

  test.each([
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ])('of %s passes the error of its source on', async (_, bytes) => {
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      yield bytes.subarray(0, 100)
      throw new Error('disk gone')
    }
    await expect(Array.fromAsync(decompress(failing()))).rejects.toThrow('disk gone')
  })

  test.each([
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ])('of %s closes its source when the reader stops early', async (_, bytes) => {
    let isClosed = false
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield bytes
      } finally {
        isClosed = true
      }
    }
    for await (const chunk of decompress(endless())) if (chunk.length > 0) break
    await new Promise((resolve) => setImmediate(resolve))
    expect(isClosed).toBe(true)
  })
})
