import { utf8Decode } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeColumns } from '../../src/block/block-columns.ts'
import { encodeHotBlock, HotBlock } from '../../src/block/hot-block.ts'
import type { HotSummary } from '../../src/block/block-summary.ts'
import { decodeHotIndexRow, encodeHotIndexRow } from '../../src/block/hot-index-row.ts'
import { entryId, entryIdPrefix, parseEntryId } from '../../src/entry/entry-id.ts'
import { TIMESTAMP_MS_MAX } from '../../src/entry/limits.ts'
import type { EntryRow } from '../../src/entry/validate.ts'

const timestamp = fc.oneof(
  fc.integer({ min: -TIMESTAMP_MS_MAX, max: TIMESTAMP_MS_MAX }),
  fc.constantFrom(0, -TIMESTAMP_MS_MAX, TIMESTAMP_MS_MAX),
)
const line = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.constantFrom('', '\0', 'a\r\n', '👩‍👩‍👧‍👦', '\u202eabc', 'مرحبا', '\ufeff', '\r', 'x'.repeat(5_000)),
)
const maybe = (value: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 })
const row: fc.Arbitrary<EntryRow & { topicId: number }> = fc.record({
  topic: fc.constant('t'),
  topicId: fc.constantFrom(1, 2, 300, 4_194_302),
  timestamp,
  level: fc.nat(31),
  textKind: fc.constantFrom('message' as const, 'json' as const, 'bytes' as const),
  text: fc.oneof(line, fc.uint8Array({ maxLength: 40 })),
  metadata: fc.constantFrom('{}', '{"a":1}', '{"ü":"\\u0000"}'),
  id: maybe(fc.string({ minLength: 1 })),
  marker: maybe(fc.constantFrom('m', '日本')),
})
const place = { commitSequence: 2 ** 52, commitTime: 2 ** 47, firstSequence: 2 ** 40 + 1 }

function roundTrip(rows: readonly (EntryRow & { topicId: number })[]): unknown[] {
  const { bytes: columns } = encodeColumns(rows)
  const { bytes } = encodeHotBlock({ ...place, rows, topicIds: rows.map(({ topicId }) => topicId), columns })
  const block = new HotBlock(bytes)
  expect({ ...block }).toMatchObject({ ...place, count: rows.length })
  return rows.map((_, n) => ({
    topicId: block.topicIdOf(n),
    timestamp: block.columns.timestamps[n],
    level: block.columns.levels[n],
    textKind: block.columns.textKind(n),
    text: Buffer.from(block.columns.textBytes(n)).toString('hex'),
    metadata: block.metadataOf(n) ?? '{}',
    id: block.columns.clientId(n),
    marker: block.columns.marker(n),
  }))
}

function expected(rows: readonly (EntryRow & { topicId: number })[]): unknown[] {
  return rows.map(({ topicId, timestamp, level, textKind, text, metadata, id, marker }) => ({
    topicId,
    timestamp,
    level,
    textKind,
    metadata,
    id,
    marker,
    text: Buffer.from(text as string).toString('hex'),
  }))
}

describe('a hot block', () => {
  test('gives back every row as it was', () => {
    const rows = fc.array(row, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(rows, (list) => void expect(roundTrip(list)).toEqual(expected(list))),
      { numRuns: 400 },
    )
  })

  test('holds a row of 1 MiB beside empty ones', () => {
    const base = {
      topic: 't',
      topicId: 1,
      timestamp: 0,
      level: 9,
      textKind: 'message' as const,
      metadata: '{}',
      id: undefined,
      marker: undefined,
    }
    const rows = ['', 'é'.repeat(524_288), ''].map((text) => ({ ...base, text }))
    expect(roundTrip(rows)).toEqual(expected(rows))
  })

  test('that was changed anywhere is refused by name or gives other content, and never crashes or asks for much', () => {
    const rows = fc.array(row, { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(
        rows,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (list, at, change, isCut) => {
          const { bytes } = encodeHotBlock({
            ...place,
            rows: list,
            topicIds: list.map(({ topicId }) => topicId),
            columns: encodeColumns(list).bytes,
          })
          const broken = isCut ? bytes.slice(0, at % bytes.length) : bytes.slice()
          if (!isCut) broken[at % broken.length]! ^= change
          try {
            const block = new HotBlock(broken)
            // A block that decodes can be read to its end.
            for (let n = 0; n < Math.min(block.count, 100); n++) {
              block.topicIdOf(n)
              utf8Decode(block.columns.textBytes(n))
            }
          } catch (error) {
            expect(error).toMatchObject({ code: 'STREAM_BLOCK_DAMAGED' })
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

test('an index row comes back as it was', () => {
  const run = fc.record({
    topicId: fc.integer({ min: 1, max: 4_194_302 }),
    count: fc.integer({ min: 1, max: 10_000 }),
    rawBytes: fc.nat(),
    times: fc.tuple(timestamp, timestamp),
  })
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 20 }), fc.integer(), (list, mask) => {
      const runs = list.map(({ times, ...rest }) => ({
        ...rest,
        minTimestamp: Math.min(...times),
        maxTimestamp: Math.max(...times),
      }))
      const summary: HotSummary = {
        kind: 'hot',
        ...place,
        lastCommitSequence: place.commitSequence,
        lastCommitTime: place.commitTime,
        count: runs.reduce((sum, one) => sum + one.count, 0),
        minTimestamp: Math.min(...runs.map((one) => one.minTimestamp)),
        maxTimestamp: Math.max(...runs.map((one) => one.maxTimestamp)),
        levelMask: mask >>> 0,
        rawBytes: 1,
        storedBytes: 2 ** 40,
        runs,
      }
      expect(decodeHotIndexRow(place.firstSequence, encodeHotIndexRow(summary))).toEqual(summary)
    }),
  )
})

describe('an id of ours', () => {
  test('gives back its place and is a UUID of version 7', () => {
    const anyPlace = fc.record({
      commitTime: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      shard: fc.nat(255),
      sequence: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      topicId: fc.nat(2 ** 22 - 1),
    })
    fc.assert(
      fc.property(anyPlace, (one) => {
        const id = entryId(entryIdPrefix(one), one)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(parseEntryId(id)).toEqual(one)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '',
    'x',
    '00000000-0000-4000-8000-000000000000',
    '018cc251-f400-7020-8000-000000000001',
    '018CC251-F400-7001-8000-000000000001',
  ])('is not %j', (id) => {
    expect(parseEntryId(id)).toBeUndefined()
  })
})
