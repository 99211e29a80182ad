import type { Operation } from '@forgeone/engine'
import { encodeColumns } from '../block/block-columns.ts'
import { encodeHotBlock, type BlockPlace } from '../block/hot-block.ts'
import { encodeHotIndexRow, type BlockSummary, type RunSummary } from '../block/hot-index-row.ts'
import { hashRun } from '../block/run-proof.ts'
import type { EntryRow } from '../entry/validate.ts'
import { hotIndexKey, hotKey } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import { BLOCK_TEXT_BYTES } from './append-limits.ts'

/** Entries of one shard in one commit, in the order they came. */
export interface ShardRows {
  readonly shard: Shard
  readonly rows: EntryRow[]
  readonly topicIds: number[]
}

export interface BuiltBlock {
  readonly shard: Shard
  readonly summary: BlockSummary
  readonly operations: readonly Operation[]
  readonly runs: readonly BuiltRun[]
}

/** The hash of a run, for the entry root of the commit. */
export interface BuiltRun {
  readonly database: string
  readonly topicId: number
  readonly hash: Uint8Array
}

/** Seals add this much to a block; only for the figures of a topic. */
const SEAL_BYTES = 34

/** Cuts a shard's entries into blocks and encodes each with its index row. */
export function buildBlocks(input: ShardRows, place: Omit<BlockPlace, 'firstSequence'>): readonly BuiltBlock[] {
  const blocks: BuiltBlock[] = []
  let firstSequence = input.shard.nextSequence
  for (let start = 0; start < input.rows.length; ) {
    const end = cutAt(input.rows, start)
    const whole = start === 0 && end === input.rows.length
    const rows = whole ? input.rows : input.rows.slice(start, end)
    const topicIds = whole ? input.topicIds : input.topicIds.slice(start, end)
    blocks.push(buildBlock(input.shard, rows, topicIds, { ...place, firstSequence }))
    firstSequence += rows.length
    start = end
  }
  return blocks
}

function cutAt(rows: readonly EntryRow[], start: number): number {
  let bytes = rows[start]!.text.length + rows[start]!.metadata.length
  let end = start + 1
  for (; end < rows.length; end++) {
    bytes += rows[end]!.text.length + rows[end]!.metadata.length
    if (bytes > BLOCK_TEXT_BYTES) break
  }
  return end
}

function buildBlock(shard: Shard, rows: readonly EntryRow[], topicIds: readonly number[], place: BlockPlace): BuiltBlock {
  const columns = encodeColumns(rows).slice()
  const { bytes } = encodeHotBlock({ ...place, rows, topicIds, columns })
  const summary = summarise(rows, topicIds, place, bytes.length + SEAL_BYTES)
  const { database } = shard
  return {
    shard,
    summary,
    operations: [
      { type: 'put', database, key: hotKey(place.firstSequence), value: bytes },
      { type: 'put', database, key: hotIndexKey(place.firstSequence), value: encodeHotIndexRow(summary) },
    ],
    runs: summary.runs.map((run) => ({
      database,
      topicId: run.topicId,
      hash: hashOneRun({ shard, rows, topicIds, place, columns, topicId: run.topicId, single: summary.runs.length === 1 }),
    })),
  }
}

function hashOneRun(at: {
  shard: Shard
  rows: readonly EntryRow[]
  topicIds: readonly number[]
  place: BlockPlace
  columns: Uint8Array
  topicId: number
  single: boolean
}): Uint8Array {
  const { shard, place, topicId } = at
  const indexes: number[] = []
  for (const [index, id] of at.topicIds.entries()) if (id === topicId) indexes.push(index)
  const runPlace = {
    database: shard.database,
    topic: at.rows[indexes[0]!]!.topic,
    topicId,
    commitTime: place.commitTime,
    sequences: indexes.map((index) => place.firstSequence + index),
  }
  return hashRun(runPlace, at.single ? at.columns : encodeColumns(indexes.map((index) => at.rows[index]!)))
}

function summarise(rows: readonly EntryRow[], topicIds: readonly number[], place: BlockPlace, storedBytes: number): BlockSummary {
  const runs = new Map<number, { topicId: number; count: number; rawBytes: number; minTimestamp: number; maxTimestamp: number }>()
  let levelMask = 0
  for (const [index, row] of rows.entries()) {
    const topicId = topicIds[index]!
    const { timestamp } = row
    levelMask |= 1 << row.level
    const bytes = rowBytes(row)
    const run = runs.get(topicId)
    if (run === undefined) {
      runs.set(topicId, { topicId, count: 1, rawBytes: bytes, minTimestamp: timestamp, maxTimestamp: timestamp })
      continue
    }
    run.count++
    run.rawBytes += bytes
    if (timestamp < run.minTimestamp) run.minTimestamp = timestamp
    if (timestamp > run.maxTimestamp) run.maxTimestamp = timestamp
  }
  const all: readonly RunSummary[] = [...runs.values()]
  return {
    ...place,
    count: rows.length,
    minTimestamp: Math.min(...all.map((run) => run.minTimestamp)),
    maxTimestamp: Math.max(...all.map((run) => run.maxTimestamp)),
    levelMask: levelMask >>> 0,
    rawBytes: all.reduce((sum, run) => sum + run.rawBytes, 0),
    storedBytes,
    runs: all,
  }
}

/** Bytes as the caller gave them: text, metadata, and the line end a log file would have. */
function rowBytes(row: EntryRow): number {
  const text = typeof row.text === 'string' ? Buffer.byteLength(row.text) : row.text.length
  return text + (row.metadata.length > 2 ? row.metadata.length : 0) + 1
}
