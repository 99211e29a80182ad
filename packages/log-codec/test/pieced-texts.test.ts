import { zstdDecompressSync } from 'node:zlib'
import { asBuffer, ByteWriter, SeededRandom, utf8Encode } from '@forgeone/common'
import { expect, test } from 'vitest'
import { compress, decompress } from '../src/compress.ts'
import { encodeSection } from '../src/encode-section.ts'
import { encodePiecedTexts, PiecedTexts } from '../src/pieced-texts.ts'
import { isProse } from '../src/prose.ts'
import { Section } from '../src/section.ts'
import { sectionRowsOf } from './section-rows-of.ts'

const PIECE_BYTES = 65_536
const damage = expect.objectContaining({ code: 'STREAM_BLOCK_DAMAGED' })
const rows = sectionRowsOf(
  Array.from({ length: 20_000 }, (_, row) => `request ${row} of user ${row % 77} took ${row * 7} ms`),
)

test('one text of a large section decompresses one piece', () => {
  const { bytes } = encodeSection(rows, { level: 'fast' })
  const section = new Section(bytes)
  expect(section.bytes).toBe(bytes.length)
  expect(asBuffer(section.textBytes(12_345)).toString()).toBe('request 12345 of user 25 took 86415 ms')
  expect(section.bytes).toBeLessThan(bytes.length + 2 * PIECE_BYTES)
  void section.textBytes(12_346)
  expect(section.bytes).toBeLessThan(bytes.length + 2 * PIECE_BYTES)
})

test('all texts take the place of the pieces read before', () => {
  const texts = new PiecedTexts(encodePiecedTexts(rows), rows.count)
  void [...texts.rowsWithLiteral(utf8Encode('absent'))]
  const held = texts.heldBytes
  expect(held).toBeGreaterThan(rows.text.length)
  expect(asBuffer(texts.all().text).equals(rows.text)).toBe(true)
  expect(texts.heldBytes).toBeLessThanOrEqual(held)
  expect(asBuffer(texts.textBytes(19_999)).toString()).toBe('request 19999 of user 56 took 139993 ms')
})

test('a search goes on while all texts are decoded', () => {
  const texts = new PiecedTexts(encodePiecedTexts(rows), rows.count)
  const found: number[] = []
  for (const row of texts.rowsWithLiteral(utf8Encode('user 5 '))) {
    found.push(row)
    if (found.length === 3) texts.all()
  }
  expect(found).toEqual(Array.from({ length: 20_000 }, (_, row) => row).filter((row) => row % 77 === 5))
})

test('texts that differ in a byte or a length are not equal', () => {
  const texts = new PiecedTexts(encodePiecedTexts(rows), rows.count)
  const text = rows.text.slice()
  text[text.length - 1]! ^= 1
  const textOffsets = rows.textOffsets.slice()
  textOffsets[10_000]! += 1
  expect(texts.areEqual(rows)).toBe(true)
  expect(texts.areEqual({ ...rows, text })).toBe(false)
  expect(texts.areEqual({ ...rows, textOffsets })).toBe(false)
  expect(texts.areEqual(sectionRowsOf(['a']))).toBe(false)
})

test('a text longer than a piece, between empty ones, comes back', () => {
  const texts = ['', 'x'.repeat(3 * PIECE_BYTES), '', 'end']
  const pieced = new PiecedTexts(encodePiecedTexts(sectionRowsOf(texts)), 4)
  expect(texts.map((_, row) => asBuffer(pieced.textBytes(row)).toString())).toEqual(texts)
  expect([...pieced.rowsWithLiteral(utf8Encode('end'))]).toEqual([3])
})

function directory(...entries: readonly number[]): Uint8Array {
  const out = new ByteWriter()
  for (const entry of entries) out.varint(entry)
  return out.finish()
}

test.each<[string, Uint8Array]>([
  ['no pieces', directory(0)],
  ['more pieces than rows', directory(3)],
  ['a piece of no rows', directory(1, 0, 1, 1, 1)],
  ['more rows than the section', directory(1, 3, 3, 3, 6)],
  ['fewer rows than the section', directory(1, 1, 0, 1, 1, 0)],
  ['texts above the limit', directory(1, 2, 8 * 1024 * 1024 + 1, 2, 0)],
  ['fewer lengths than rows', directory(1, 2, 2, 1, 3, 1, 0x61, 0x61)],
  ['a piece longer than announced', directory(1, 2, 2, 2, 5, 1, 1, 0x61, 0x61, 0x61)],
  ['surplus bytes', directory(1, 2, 2, 2, 4, 1, 1, 0x61, 0x61, 0x61)],
  ['lengths beyond the piece', directory(1, 2, 2, 2, 4, 1, 2, 0x61, 0x61)],
  ['texts shorter than the piece', directory(1, 2, 2, 2, 4, 1, 0, 0x61, 0x61)],
  ['a frame that does not decompress', directory(1, 2, 90, 2, 4, 1, 1, 0x61, 0x61)],
])('%s is refused as damaged', (_, bytes) => {
  expect(() => new PiecedTexts(bytes, 2).all()).toThrow(damage)
})

test('a frame that asks for more memory than its bytes is refused', () => {
  // A window of 2^27 bytes, no size of the content; the last block repeats one byte 5,000 times.
  const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 0x43, 0x9c, 0, 0x61)
  const bytes = new Uint8Array(5000).fill(0x61)
  expect(zstdDecompressSync(frame).equals(bytes)).toBe(true)
  expect(() => decompress(frame, 5000)).toThrow(damage)
  expect(asBuffer(decompress(compress(bytes, { level: 3 }), 5000)).equals(bytes)).toBe(true)
})

test('most text of words that come once is prose; a log is not', () => {
  const random = new SeededRandom(1)
  const word = (): string =>
    Buffer.from(Array.from({ length: 6 }, () => random.below(256))).toString('base64')
  const prose = sectionRowsOf(
    Array.from({ length: 3000 }, () => `user ${word()} ${word()} ${word()} ${word()}`),
  )
  expect(isProse(rows)).toBe(false)
  expect(isProse(prose)).toBe(true)
  const { bytes, fallback } = encodeSection(prose, { level: 'default' })
  expect(fallback).toBe(false)
  expect(asBuffer(new Section(bytes).text).equals(prose.text)).toBe(true)
})

test('what is held is known without decoding anything, and grows with what was decoded', () => {
  for (const level of ['fast', 'default'] as const) {
    const { bytes } = encodeSection(rows, { level })
    const section = new Section(bytes)
    expect(section.bytes).toBe(bytes.length)
    void section.timestamps
    const withRows = section.bytes
    expect(withRows).toBeGreaterThanOrEqual(bytes.length + rows.count * 9)
    void section.text
    expect(section.bytes).toBeGreaterThanOrEqual(withRows + rows.text.length)
  }
})
