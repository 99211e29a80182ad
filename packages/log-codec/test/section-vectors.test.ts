import { readdirSync, readFileSync } from 'node:fs'
import { asBuffer, fromHex, toHex } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import type { SectionLevel } from '../src/section-level.ts'
import { encodeSection } from '../src/encode-section.ts'
import { Section } from '../src/section.ts'
import { sectionRowsOf } from './section-rows-of.ts'

interface VectorRow {
  readonly text: string
  readonly timestamp: number
  readonly level: number
  readonly offset: number
  readonly textKind: number
  readonly metadata?: string
  readonly id?: string
  readonly marker?: string
}

interface Vector {
  readonly level: SectionLevel
  readonly rows: readonly VectorRow[]
  readonly section: string
}

const FOLDER = new URL('./vectors/section/', import.meta.url)
const VECTORS = readdirSync(FOLDER).map((name): [string, Vector] => [
  name,
  // Written by us and never edited, so its shape is known.
  JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Vector,
])

function valuesOf(
  rows: readonly VectorRow[],
  name: 'metadata' | 'id' | 'marker',
): ReadonlyMap<number, string> {
  return new Map(rows.flatMap((row, at) => (row[name] === undefined ? [] : [[at, row[name]]])))
}

test('there is a vector of each level', () => {
  expect(new Set(VECTORS.map(([, { level }]) => level))).toEqual(new Set(['fast', 'default', 'max']))
})

describe.each(VECTORS)('%s', (_, { level, rows, section: hex }) => {
  test('a section written then is read today', () => {
    const section = new Section(fromHex(hex)!)
    const read = rows.map((_row, at) => ({
      text: asBuffer(section.textBytes(at)).toString(),
      timestamp: section.timestamps[at],
      level: section.levels[at],
      offset: section.offsets?.[at],
      textKind: section.textKinds?.[at],
      metadata: section.metadata(at),
      id: section.clientId(at),
      marker: section.marker(at),
    }))
    expect(section.count).toBe(rows.length)
    expect(read).toEqual(rows)
    expect(asBuffer(section.text).toString()).toBe(rows.map(({ text }) => text).join(''))
  })

  test.runIf(level === 'fast')('what is written today is what was written then', () => {
    const columns = sectionRowsOf(
      rows.map(({ text }) => text),
      {
        timestamps: Float64Array.from(rows, ({ timestamp }) => timestamp),
        levels: Uint8Array.from(rows, (row) => row.level),
        offsets: Uint32Array.from(rows, ({ offset }) => offset),
        textKinds: Uint8Array.from(rows, ({ textKind }) => textKind),
        metadata: valuesOf(rows, 'metadata'),
        ids: valuesOf(rows, 'id'),
        markers: valuesOf(rows, 'marker'),
      },
    )
    expect(toHex(encodeSection(columns, { level }).bytes)).toBe(hex)
  })
})
