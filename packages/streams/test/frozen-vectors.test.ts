import { readdirSync, readFileSync } from 'node:fs'
import { fromHex, toHex } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import { treeRoot } from '@forgeone/merkle'
import { encodeColumns } from '../src/block/block-columns.ts'
import { encodeHotBlock, HotBlock } from '../src/block/hot-block.ts'
import type { HotSummary } from '../src/block/block-summary.ts'
import { decodeHotIndexRow, encodeHotIndexRow } from '../src/block/hot-index-row.ts'
import { hashRun } from '../src/block/run-proof.ts'
import { contentHash } from '../src/entry/canonical-entry.ts'
import { entryId, entryIdPrefix } from '../src/entry/entry-id.ts'
import type { EntryRow } from '../src/entry/validate.ts'
import { decodeTopicRow, encodeTopicRow, type TopicRow } from '../src/shard/topic-row.ts'

interface Vector {
  readonly rows: readonly (Omit<EntryRow, 'id' | 'marker'> & {
    readonly id?: string
    readonly marker?: string
    readonly topicId: number
  })[]
  readonly place: {
    readonly commitSequence: number
    readonly commitTime: number
    readonly firstSequence: number
  }
  readonly shard: number
  readonly database: string
  readonly block: string
  readonly summary: HotSummary
  readonly indexRow: string
  readonly ids: readonly string[]
  readonly contentHashes: readonly string[]
  readonly runHashes: readonly string[]
  readonly root: string
  readonly topicRow: string
}

const FOLDER = new URL('./vectors/v1/', import.meta.url)
const VECTORS = readdirSync(FOLDER).map((name): [string, Vector] => [
  name,
  // Written by us and never edited, so its shape is known.
  JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Vector,
])

function rowsOf({ rows }: Vector): EntryRow[] {
  return rows.map((row) => ({ ...row, id: row.id, marker: row.marker }))
}

function topicRowOf({ rows, place }: Vector): TopicRow {
  return {
    name: rows[0]!.topic,
    createdAt: place.commitTime,
    isDeclared: true,
    settings: { compactBy: '/id', retention: { maxCount: 10 } },
    removedCount: 300,
  }
}

/** Runs of consecutive sequences. */
function spansOf(sequences: readonly number[]): { first: number; count: number }[] {
  const spans: { first: number; count: number }[] = []
  for (const sequence of sequences) {
    const last = spans.at(-1)
    if (last !== undefined && last.first + last.count === sequence) last.count++
    else spans.push({ first: sequence, count: 1 })
  }
  return spans
}

test('there are vectors', () => {
  expect(VECTORS.length).toBeGreaterThanOrEqual(2)
})

describe.each(VECTORS)('%s', (_, vector) => {
  const { place, shard, database } = vector
  const rows = rowsOf(vector)
  const topicIds = vector.rows.map(({ topicId }) => topicId)

  test('a block written then is read today', () => {
    const block = new HotBlock(fromHex(vector.block)!)
    expect({
      commitSequence: block.commitSequence,
      commitTime: block.commitTime,
      firstSequence: block.firstSequence,
    }).toEqual(place)
    for (const [n, row] of rows.entries()) {
      expect(block.topicIdOf(n)).toBe(topicIds[n])
      expect(Buffer.from(block.columns.textBytes(n)).toString()).toBe(row.text)
      expect([
        block.columns.timestamps[n],
        block.columns.levels[n],
        block.metadataOf(n) ?? '{}',
        block.columns.clientId(n),
        block.columns.marker(n),
      ]).toEqual([row.timestamp, row.level, row.metadata, row.id, row.marker])
    }
    expect(decodeHotIndexRow(place.firstSequence, fromHex(vector.indexRow)!)).toEqual(vector.summary)
    expect(decodeTopicRow(fromHex(vector.topicRow)!)).toEqual(topicRowOf(vector))
  })

  test('what is written today is what was written then', () => {
    const { bytes } = encodeHotBlock({ ...place, rows, topicIds, columns: encodeColumns(rows).bytes })
    expect(toHex(bytes)).toBe(vector.block)
    expect(toHex(encodeHotIndexRow(vector.summary))).toBe(vector.indexRow)
    expect(toHex(encodeTopicRow(topicRowOf(vector)))).toBe(vector.topicRow)
  })

  test('ids and hashes are those of then', () => {
    const prefix = entryIdPrefix({ commitTime: place.commitTime, shard })
    const ids = rows.map(
      (row, n) => row.id ?? entryId(prefix, { sequence: place.firstSequence + n, topicId: topicIds[n]! }),
    )
    expect(ids).toEqual(vector.ids)
    const hashes = rows.map((row, n) =>
      contentHash({
        ...row,
        kind: row.textKind === 'message' ? 'log' : 'event',
        id: ids[n]!,
        text: Buffer.from(row.text as string),
      }),
    )
    expect(hashes).toEqual(vector.contentHashes)
    const runs = [...new Set(topicIds)].map((topicId) => {
      const indexes = topicIds.flatMap((id, n) => (id === topicId ? [n] : []))
      const run = {
        database,
        topic: rows[indexes[0]!]!.topic,
        topicId,
        commitTime: place.commitTime,
        spans: spansOf(indexes.map((n) => place.firstSequence + n)),
      }
      return hashRun(run, encodeColumns(indexes.map((n) => rows[n]!)).bytes)
    })
    expect(runs.map(toHex)).toEqual(vector.runHashes)
    expect(toHex(treeRoot(runs))).toBe(vector.root)
  })
})
