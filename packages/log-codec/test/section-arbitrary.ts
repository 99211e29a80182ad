import * as fc from 'fast-check'
import type { SectionRows } from '../src/section-rows.ts'
import { sectionRowsOf } from './section-rows-of.ts'

const word = fc.constantFrom(
  'open',
  'close',
  'error',
  'GET',
  'proxy.example.org',
  'a-b',
  '_',
  '$x',
  'ünïcode',
  '',
)
/** Values that look like numbers, and are written in ways that do not come back from one. */
const value = fc.oneof(
  fc.nat().map(String),
  fc.bigInt({ min: 0n, max: 2n ** 80n }).map(String),
  fc.constantFrom(
    '-0',
    '1e3',
    '007',
    '00',
    '0.10',
    '1.50',
    '1.',
    '.5',
    '+1',
    '0x1F',
    '10.0.0.1',
    '::1',
    'fe80::1%eth0',
  ),
  fc.constantFrom('9007199254740993', '999999999999999', '1000000000000000', '2024-02-30', '12:61:99'),
  fc.uuid(),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const separator = fc.constantFrom(
  ' ',
  '  ',
  ': ',
  '=',
  ', ',
  '/',
  '"',
  '" "',
  '[',
  ']',
  '\t',
  '\r\n',
  '\0',
  '.',
  '..',
)

/** One text of constants and values; rows of a section share few of them. */
const shape = fc.array(fc.tuple(separator, fc.oneof(word, fc.constant(undefined))), { maxLength: 12 })

const texts = fc
  .tuple(
    fc.array(shape, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.array(value, { minLength: 1, maxLength: 4 })), {
      minLength: 1,
      maxLength: 80,
    }),
  )
  .map(([shapes, rows]) =>
    rows.map(([pick, values]) => {
      const parts = shapes[pick % shapes.length]!
      return parts.map(([blank, constant], at) => blank + (constant ?? values[at % values.length]!)).join('')
    }),
  )

const rawTexts = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 20 })

const timestamp = fc.oneof(
  fc.integer({ min: 1_500_000_000, max: 1_500_010_000 }).map((seconds) => seconds * 1000),
  fc.integer({ min: -(2 ** 51 - 1), max: 2 ** 51 - 1 }),
)

function sparse(count: number, text: fc.Arbitrary<string>): fc.Arbitrary<ReadonlyMap<number, string>> {
  return fc
    .array(fc.tuple(fc.nat({ max: count - 1 }), text), { maxLength: 8 })
    .map((entries) => new Map(entries))
}

/** Sections of all kinds of rows. */
export const sectionArbitrary: fc.Arbitrary<SectionRows> = fc.oneof(texts, rawTexts).chain((rows) => {
  const count = rows.length
  const column = <Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
    fc.array(of, { minLength: count, maxLength: count })
  return fc
    .record({
      timestamps: column(timestamp),
      levels: column(fc.constantFrom(1, 9, 13, 255)),
      gaps: fc.option(column(fc.constantFrom(1, 2, 40_000))),
      kinds: fc.option(column(fc.nat({ max: 2 }))),
      metadata: sparse(count, fc.json()),
      ids: sparse(count, fc.uuid()),
      markers: sparse(count, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 })),
    })
    .map(({ timestamps, levels, gaps, kinds, ...values }) => {
      let offset = 0
      return sectionRowsOf(rows, {
        timestamps: Float64Array.from(timestamps),
        levels: Uint8Array.from(levels),
        offsets: gaps === null ? undefined : Uint32Array.from(gaps, (gap) => (offset += gap)),
        textKinds: kinds === null ? undefined : Uint8Array.from(kinds),
        ...values,
      })
    })
})
