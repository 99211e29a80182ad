import { asBuffer, isForgeError, SeededRandom, utf8Encode } from '@forgeone/common'
import { expect, test } from 'vitest'
import { encodeSection } from '../src/encode-section.ts'
import { SECTION_ROWS_MAX, type SectionRows } from '../src/section-rows.ts'
import { Section } from '../src/section.ts'
import { sectionRowsOf } from './section-rows-of.ts'

/** Encodes, and compares what comes back. @returns the bytes of the section */
function roundTrip(rows: SectionRows): number {
  const { bytes, fallback } = encodeSection(rows, { level: 'default' })
  expect(fallback).toBe(false)
  const section = new Section(bytes)
  section.decodeAll()
  expect(asBuffer(section.text).equals(rows.text)).toBe(true)
  expect(section.textOffsets).toEqual(rows.textOffsets)
  return bytes.length
}

const numbered = Array.from({ length: 500 }, (_, row) => row)

test.each<[string, readonly (string | Uint8Array)[]]>([
  ['one empty text', ['']],
  ['only empty texts', numbered.map(() => '')],
  ['one text of a mebibyte', ['word 12 '.repeat(131_072)]],
  ['a mebibyte of one letter', ['x'.repeat(1_048_576)]],
  ['invalid UTF-8', numbered.map((row) => Uint8Array.of(0xc3, 0x28, 0x20, 0xff, row & 0xff, 0xfe))],
  ['surrogates as bytes', numbered.map((row) => Uint8Array.of(0xed, 0xa0, 0x80, 0x20, 0x30 + (row % 10)))],
  ['NUL', numbered.map((row) => `a\0${row}\0b`)],
  ['line ends', numbered.map((row) => `one ${row}\r\ntwo\r${row}\n`)],
  ['leading zeros', numbered.map((row) => `id ${'0'.repeat(row % 4)}${row}`)],
  ['numbers above 2^53', numbered.map((row) => `n=${2n ** 53n + BigInt(row) * 77_777_777_777n}`)],
  ['numbers of 15 and 16 digits', numbered.map((row) => `n=${10 ** (14 + (row % 2)) + row}`)],
  [
    'minus zero and exponents',
    numbered.map((row) => ['-0', '1e3', '+5', '0x10', '.5', '5.', '--1'][row % 7]!),
  ],
  ['fractions with trailing zeros', numbered.map((row) => `took ${(row / 8).toFixed(3)} s, ${row}.50 s`)],
  ['IPv6', numbered.map((row) => `from fe80::${row.toString(16)}:1 to ::ffff:10.0.0.${row % 256}`)],
  ['right to left', numbered.map((row) => `שלום ${row} مرحبا`)],
  ['emoji', numbered.map((row) => `👩‍👩‍👧 ${row} 🎉`)],
  ['unclosed and escaped quotes', numbered.map((row) => `say "a \\" ${row}" and "${row}`)],
  ['times that are not those of the rows', numbered.map((row) => `2024-13-45 25:61:${row % 100}`)],
  [
    'a value in another unit, rounded and cut',
    numbered.map((row) => `${row * 99} bytes (${((row * 99) / 1024).toFixed(row % 3)} KB)`),
  ],
  [
    'every row different',
    numbered.map((row) =>
      [...`${row}`].map((digit) => 'abcdefghij'[+digit]!.repeat(+digit + 1)).join(row % 2 ? '-' : '_'),
    ),
  ],
  [
    'more tokens than a template holds',
    numbered.map((row) => Array.from({ length: 600 }, (_, at) => at * row).join(' ')),
  ],
  [
    'tails that may be empty',
    numbered.map((row) => `start ${row}${row % 97 === 0 ? ' rare end' : ''}${row % 101 === 0 ? '!' : ''}`),
  ],
])('%s comes back byte for byte', (_, texts) => {
  roundTrip(sectionRowsOf(texts))
})

test('the most rows a section holds come back', () => {
  roundTrip(sectionRowsOf(Array.from({ length: SECTION_ROWS_MAX }, (_, row) => `row ${row} of ${row % 7}`)))
})

test('random bytes grow by little', () => {
  const random = new SeededRandom(7)
  const rows = sectionRowsOf(Array.from({ length: 200 }, () => random.bytes(500)))
  expect(roundTrip(rows)).toBeLessThan(rows.text.length + 2000)
})

test('a time that is the timestamp of its row takes no room', () => {
  const timestamps = Float64Array.from(numbered, (row) => Date.UTC(2024, 1, 27) + row * row * 1009)
  const texts = Array.from(timestamps, (time) =>
    new Date(time).toISOString().replace('T', ' ').replace('Z', ''),
  )
  const [withTime, without] = [texts, numbered.map(() => 'constant')].map((of) =>
    roundTrip(
      sectionRowsOf(
        of.map((text) => `${text} done`),
        { timestamps },
      ),
    ),
  )
  expect(withTime! - without!).toBeLessThan(100)
})

test('a time of another zone takes no room either', () => {
  const timestamps = Float64Array.from(numbered, (row) => Date.UTC(2024, 1, 27) + row * row * 1009)
  const sizes = [0, -5.5].map((hours) =>
    roundTrip(
      sectionRowsOf(
        Array.from(timestamps, (time) => new Date(time + hours * 3_600_000).toISOString()),
        { timestamps },
      ),
    ),
  )
  expect(Math.abs(sizes[0]! - sizes[1]!)).toBeLessThan(100)
})

test('a value that repeats another one of its row takes no room', () => {
  const random = new SeededRandom(3)
  const values = numbered.map(() => random.below(1_000_000))
  const once = roundTrip(sectionRowsOf(values.map((value) => `sent ${value} bytes`)))
  const twice = roundTrip(sectionRowsOf(values.map((value) => `sent ${value} bytes of ${value} bytes`)))
  const scaled = roundTrip(
    sectionRowsOf(values.map((value) => `sent ${value} bytes (${(value / 1024).toFixed(1)} KB)`)),
  )
  expect(twice - once).toBeLessThan(100)
  expect(scaled - once).toBeLessThan(100)
})

test('metadata, client ids and markers come back, and only for their rows', () => {
  const texts = numbered.map((row) => `request ${row}`)
  const rows = sectionRowsOf(texts, {
    metadata: new Map(numbered.map((row) => [row, `{"host":"web-${row % 3}","ms":${row}}`])),
    ids: new Map([
      [499, 'last'],
      [0, 'first'],
    ]),
    markers: new Map([[7, 'é']]),
  })
  const section = new Section(encodeSection(rows, { level: 'max' }).bytes)
  expect(section.metadata(4)).toBe('{"host":"web-1","ms":4}')
  expect([section.clientId(0), section.clientId(1), section.clientId(499)]).toEqual([
    'first',
    undefined,
    'last',
  ])
  expect([section.marker(7), section.marker(8)]).toEqual(['é', undefined])
})

test('empty texts beside large metadata come back as plain columns', () => {
  const random = new SeededRandom(3)
  const metadata = new Map(
    numbered.map((row) => [row, JSON.stringify(asBuffer(random.bytes(40)).toString('hex'))]),
  )
  for (const level of ['fast', 'default', 'max'] as const) {
    const section = new Section(
      encodeSection(
        sectionRowsOf(
          numbered.map(() => ''),
          { metadata },
        ),
        { level },
      ).bytes,
    )
    expect(numbered.map((row) => section.metadata(row))).toEqual([...metadata.values()])
    expect(section.text.length).toBe(0)
  }
})

test('rows that cannot be stored as they are are refused', () => {
  const rows = sectionRowsOf(['a'], { ids: new Map([[0, '\ud800']]) })
  expect(() => encodeSection(rows, { level: 'default' })).toThrow(
    expect.objectContaining({ code: 'STREAM_VALUE_INVALID' }),
  )
})

test('a search for a constant renders no row of another template', () => {
  const rows = sectionRowsOf(numbered.map((row) => (row % 5 === 0 ? `disk ${row} full` : `user ${row} came`)))
  const section = new Section(encodeSection(rows, { level: 'default' }).bytes)
  expect([...section.rowsWithLiteral(utf8Encode('full'))]).toEqual(numbered.filter((row) => row % 5 === 0))
  expect([...section.rowsWithLiteral(utf8Encode('k 1'))]).toEqual(
    numbered.filter((row) => row % 5 === 0 && String(row).startsWith('1')),
  )
  expect([...section.rowsWithLiteral(utf8Encode('absent'))]).toEqual([])
})

test.each([
  ['no bytes', new Uint8Array()],
  ['another format', utf8Encode('zz\0\u0001')],
  ['no rows', Uint8Array.of(0x6b, 0x31, 0, 0)],
  ['too many rows', Uint8Array.of(0x6b, 0x31, 0, 0xff, 0xff, 0x7f)],
  ['no groups', Uint8Array.of(0x6b, 0x31, 0, 5)],
  ['a group longer than the section', Uint8Array.of(0x6b, 0x31, 0, 5, 1, 0xff, 0xff, 0x7f)],
  [
    'texts that announce more than they may',
    Uint8Array.of(0x6b, 0x31, 1, 1, 2, 9, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 0),
  ],
])('%s is refused as damaged', (_, bytes) => {
  const decode = (): void => new Section(bytes).decodeAll()
  expect(decode).toThrow(expect.objectContaining({ code: 'STREAM_BLOCK_DAMAGED' }))
  expect(isForgeError(new Error('x'))).toBe(false)
})
