import { concatBytes, utf8Encode } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TERMINATOR_BYTES } from '../../src/import/import-row.ts'
import { LineSplitter, type LineTerminator } from '../../src/import/lines/line-splitter.ts'

const LINE_BYTES_MAX = 8

interface Part {
  readonly bytes: string
  readonly terminator: LineTerminator
  readonly continued: boolean
}

function split(chunks: readonly Uint8Array[], lineBytesMax: number = LINE_BYTES_MAX): Part[] {
  const parts: Part[] = []
  const splitter = new LineSplitter(({ source, start, end, terminator, continued }) => {
    parts.push({ bytes: Buffer.from(source.subarray(start, end)).toString('latin1'), terminator, continued })
  }, lineBytesMax)
  for (const chunk of chunks) splitter.push(chunk)
  splitter.flush()
  return parts
}

const bytes = fc
  .array(fc.constantFrom(10, 13, 97, 98, 0xc3, 0xa9, 0x80, 0), { maxLength: 60 })
  .map((values) => Uint8Array.from(values))
const cuts = fc.array(fc.nat(60), { maxLength: 12 })

function chunksOf(source: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.filter((place) => place < source.length), source.length].sort((a, b) => a - b)
  return edges.slice(1).map((edge, at) => source.subarray(edges[at], edge))
}

describe('the line splitter', () => {
  test('gives back every byte, and the same parts wherever the chunks are cut', () => {
    fc.assert(
      fc.property(bytes, cuts, (source, places) => {
        const parts = split(chunksOf(source, places))
        expect(parts).toEqual(split([source]))
        const joined = parts.flatMap((part) => [
          Buffer.from(part.bytes, 'latin1'),
          TERMINATOR_BYTES[part.terminator],
        ])
        expect([...concatBytes(joined)]).toEqual([...source])
        for (const part of parts) expect(part.bytes.length).toBeLessThanOrEqual(LINE_BYTES_MAX)
      }),
      { numRuns: 5_000 },
    )
  })

  test('cuts lines as a plain split does when none is long', () => {
    fc.assert(
      fc.property(bytes, cuts, (source, places) => {
        const text = Buffer.from(source).toString('latin1')
        const lines = text.split('\n')
        const last = lines.pop()!
        const expected = lines.map((line) => line.replace(/\r$/, ''))
        if (last !== '') expected.push(last)
        expect(split(chunksOf(source, places), 1_000).map((part) => part.bytes)).toEqual(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  test('keeps terminators apart and flags what goes on', () => {
    expect(split([utf8Encode('a\r\n\nb\rc\n0123456789\r\nend')])).toEqual([
      { bytes: 'a', terminator: 'crlf', continued: false },
      { bytes: '', terminator: 'lf', continued: false },
      { bytes: 'b\rc', terminator: 'lf', continued: false },
      { bytes: '01234567', terminator: 'none', continued: false },
      { bytes: '89', terminator: 'crlf', continued: true },
      { bytes: 'end', terminator: 'none', continued: false },
    ])
  })

  test('does not cut a line of exactly the limit, whatever ends it', () => {
    for (const end of ['\n', '\r\n', '']) expect(split([utf8Encode(`01234567${end}`)])).toHaveLength(1)
  })

  test.each(['01234567\r\n', '01234567\rx\n', '012345678\n', '01234567\r'])(
    'cuts %j alike wherever its chunks end',
    (text) => {
      const source = utf8Encode(text)
      for (let cut = 0; cut <= source.length; cut += 1) {
        expect(split([source.subarray(0, cut), source.subarray(cut)])).toEqual(split([source]))
      }
    },
  )

  test('cuts between UTF-8 characters', () => {
    const parts = split([utf8Encode('0123456é9')])
    expect(parts.map((part) => part.bytes.length)).toEqual([7, 3])
  })

  test('holds no more than the limit and a chunk of a line without end', () => {
    let longest = 0
    const splitter = new LineSplitter(({ source }) => {
      longest = Math.max(longest, source.buffer.byteLength)
    }, 1_000)
    for (let chunk = 0; chunk < 1_000; chunk += 1) splitter.push(new Uint8Array(64).fill(97))
    splitter.flush()
    expect(longest).toBeLessThanOrEqual(8_192)
  })
})
