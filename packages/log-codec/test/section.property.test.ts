import { asBuffer, isForgeError } from '@forgeone/common'
import * as fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import type { SectionLevel } from '../src/section-level.ts'
import { encodeSection } from '../src/encode-section.ts'
import { Section } from '../src/section.ts'
import type { SectionRows } from '../src/section-rows.ts'
import { sectionArbitrary } from './section-arbitrary.ts'

const RUNS = inject('isLongTier') ? 150 : 50

const levels: readonly SectionLevel[] = ['fast', 'default', 'max']

function rowsOf(section: Section): SectionRows {
  const rows = Array.from({ length: section.count }, (_, row) => row)
  const sparse = (valueOf: (row: number) => string | undefined): ReadonlyMap<number, string> =>
    new Map(rows.flatMap((row) => (valueOf(row) === undefined ? [] : [[row, valueOf(row)!]])))
  return {
    count: section.count,
    offsets: section.offsets,
    timestamps: section.timestamps,
    levels: section.levels,
    textKinds: section.textKinds,
    text: section.text,
    textOffsets: section.textOffsets,
    metadata: sparse((row) => section.metadata(row)),
    ids: sparse((row) => section.clientId(row)),
    markers: sparse((row) => section.marker(row)),
  }
}

function sorted(values: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  return new Map([...values].sort(([left], [right]) => left - right))
}

test.each(levels)('rows of any kind come back from a section of level %s, without the fallback', (level) => {
  fc.assert(
    fc.property(sectionArbitrary, (rows) => {
      const encoded = encodeSection(rows, { level })
      expect(encoded.fallback).toBe(false)
      const back = rowsOf(new Section(encoded.bytes))
      expect(asBuffer(back.text).equals(rows.text)).toBe(true)
      expect({ ...back, text: undefined }).toEqual({
        ...rows,
        text: undefined,
        metadata: sorted(rows.metadata),
        ids: sorted(rows.ids),
        markers: sorted(rows.markers),
      })
    }),
    { numRuns: RUNS },
  )
})

test.each(levels)('one row at level %s is read like all of them', (level) => {
  fc.assert(
    fc.property(sectionArbitrary, (rows) => {
      const section = new Section(encodeSection(rows, { level }).bytes)
      for (let row = 0; row < rows.count; row++) {
        const text = rows.text.subarray(rows.textOffsets[row], rows.textOffsets[row + 1])
        expect(asBuffer(section.textBytes(row)).equals(text)).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})

test.each(levels)('rows with a literal at level %s are those a scan of the texts finds', (level) => {
  fc.assert(
    fc.property(
      sectionArbitrary,
      fc.nat(),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      (rows, at, length, render) => {
        const start = at % Math.max(rows.text.length, 1)
        const literal = rows.text.length === 0 ? new Uint8Array([65]) : rows.text.slice(start, start + length)
        const section = new Section(encodeSection(rows, { level }).bytes)
        if (render) section.decodeAll()
        const expected: number[] = []
        for (let row = 0; row < rows.count; row++) {
          const text = asBuffer(rows.text.subarray(rows.textOffsets[row], rows.textOffsets[row + 1]))
          if (text.includes(literal)) expected.push(row)
        }
        expect([...section.rowsWithLiteral(literal)]).toEqual(expected)
      },
    ),
    { numRuns: RUNS },
  )
})

test('a damaged section is refused by name, or decoded to something; nothing else is thrown', () => {
  fc.assert(
    fc.property(
      sectionArbitrary,
      fc.constantFrom(...levels),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat()),
      (rows, level, changes, cut) => {
        const bytes = encodeSection(rows, { level }).bytes.slice()
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        try {
          const section = new Section(cut === null ? bytes : bytes.subarray(0, cut % bytes.length))
          section.textBytes(rows.count - 1 < section.count ? rows.count - 1 : 0)
          void [...section.rowsWithLiteral(new Uint8Array([65]))].length
          section.decodeAll()
        } catch (cause) {
          expect(isForgeError(cause, 'STREAM_BLOCK_DAMAGED'), String(cause)).toBe(true)
        }
      },
    ),
    { numRuns: 4 * RUNS },
  )
})
