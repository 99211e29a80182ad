import type { Operation } from '@forgeone/engine'
import { encodeColumns } from '../block/block-columns.ts'
import { encodeHotBlock, type BlockPlace } from '../block/hot-block.ts'
import type { HotSummary, RunSummary } from '../block/block-summary.ts'
import { encodeHotIndexRow } from '../block/hot-index-row.ts'
import { hashRun } from '../block/run-proof.ts'
import { rawBytesOf } from '../entry/raw-bytes.ts'
import { rowBytes } from '../entry/row-bytes.ts'
import type { EntryRow } from '../entry/validate.ts'
import { runOfTopic } from '../block/run-of-topic.ts'
import { hotIndexKey, hotKey } from '../shard/keys.ts'
import { SEAL_BYTES } from '../shard/segments.ts'
import type { Shard } from '../shard/shard.ts'
import { BLOCK_ROWS_BYTES } from './append-limits.ts'

/** Entries of one shard in one commit, in the order they came. */
export interface ShardRows {
  readonly shard: Shard
  readonly rows: EntryRow[]
  readonly topicIds: number[]
}

/** Where blocks are built for. */
export interface BuildPlace extends Omit<BlockPlace, 'firstSequence'> {
  /** What all rows of the commit have at most: when that fits one block, no row is measured. */
  readonly bytesAtMost: number
}

export interface BuiltBlock {
  readonly shard: Shard
  readonly summary: HotSummary
  readonly operations: readonly Operation[]
  readonly runs: readonly BuiltRun[]
}

/** The hash of a run, for the entry root of the commit. */
export interface BuiltRun {
  readonly database: string
  readonly topicId: number
  readonly hash: Uint8Array
}

/** Cuts a shard's entries into blocks and encodes each with its index row. */
export function buildBlocks(input: ShardRows, place: BuildPlace): readonly BuiltBlock[] {
  const { commitSequence, commitTime, bytesAtMost } = place
  const blocks: BuiltBlock[] = []
  let firstSequence = input.shard.nextSequence
  for (let start = 0; start < input.rows.length;) {
    const end = bytesAtMost <= BLOCK_ROWS_BYTES ? input.rows.length : cutAt(input.rows, start)
    const whole = start === 0 && end === input.rows.length
    const rows = whole ? input.rows : input.rows.slice(start, end)
    const topicIds = whole ? input.topicIds : input.topicIds.slice(start, end)
    blocks.push(buildBlock(input.shard, rows, topicIds, { commitSequence, commitTime, firstSequence }))
    firstSequence += rows.length
    start = end
  }
  return blocks
}

/** Where the block that begins at `start` ends. A function of the rows alone, so that a proof finds the same cuts. */
export function cutAt(rows: readonly EntryRow[], start: number): number {
  // Whatever a block does not compress must still fit a value of the store, so all of a row counts, in bytes.
  let bytes = rowBytes(rows[start]!)
  let end = start + 1
  for (; end < rows.length; end++) {
    bytes += rowBytes(rows[end]!)
    if (bytes > BLOCK_ROWS_BYTES) break
  }
  return end
}

function buildBlock(
  shard: Shard,
  rows: readonly EntryRow[],
  topicIds: readonly number[],
  place: BlockPlace,
): BuiltBlock {
  const columns = encodeColumns(rows)
  const { bytes } = encodeHotBlock({ ...place, rows, topicIds, columns: columns.bytes })
  const summary = summarise({
    rows,
    topicIds,
    textLengths: columns.textLengths,
    place,
    storedBytes: bytes.length + SEAL_BYTES,
  })
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
      hash:
        summary.runs.length === 1
          ? hashWholeBlock({ shard, rows, place, columns: columns.bytes, topicId: run.topicId })
          : hashOneRun({ shard, rows, topicIds, place, topicId: run.topicId }),
    })),
  }
}

interface RunInput {
  readonly shard: Shard
  readonly rows: readonly EntryRow[]
  readonly place: BlockPlace
  readonly topicId: number
}

/** A block of one topic is its own run: the columns at hand are the run's. */
function hashWholeBlock({
  shard,
  rows,
  place,
  columns,
  topicId,
}: RunInput & { readonly columns: Uint8Array }): Uint8Array {
  const spans = [{ first: place.firstSequence, count: rows.length }]
  return hashRun(
    { database: shard.database, topic: rows[0]!.topic, topicId, commitTime: place.commitTime, spans },
    columns,
  )
}

function hashOneRun({
  shard,
  rows,
  place,
  topicId,
  topicIds,
}: RunInput & { readonly topicIds: readonly number[] }): Uint8Array {
  const run = runOfTopic({ ...place, database: shard.database, rows, topicIds, topicId })
  return hashRun(run.place, encodeColumns(run.rows).bytes)
}

interface SummaryInput {
  readonly rows: readonly EntryRow[]
  readonly topicIds: readonly number[]
  readonly textLengths: readonly number[]
  readonly place: BlockPlace
  readonly storedBytes: number
}

function summarise({ rows, topicIds, textLengths, place, storedBytes }: SummaryInput): HotSummary {
  const runs = new Map<
    number,
    { topicId: number; count: number; rawBytes: number; minTimestamp: number; maxTimestamp: number }
  >()
  let levelMask = 0
  let run:
    | { topicId: number; count: number; rawBytes: number; minTimestamp: number; maxTimestamp: number }
    | undefined
  for (let index = 0; index < rows.length; index++) {
    const { timestamp, level, metadata } = rows[index]!
    const topicId = topicIds[index]!
    levelMask |= 1 << level
    if (run?.topicId !== topicId) {
      run = runs.get(topicId) ?? {
        topicId,
        count: 0,
        rawBytes: 0,
        minTimestamp: timestamp,
        maxTimestamp: timestamp,
      }
      runs.set(topicId, run)
    }
    run.count++
    run.rawBytes += rawBytesOf(textLengths[index]!, metadata)
    if (timestamp < run.minTimestamp) run.minTimestamp = timestamp
    if (timestamp > run.maxTimestamp) run.maxTimestamp = timestamp
  }
  const all: readonly RunSummary[] = [...runs.values()]
  return {
    kind: 'hot',
    ...place,
    lastCommitSequence: place.commitSequence,
    lastCommitTime: place.commitTime,
    count: rows.length,
    minTimestamp: all.reduce((least, one) => Math.min(least, one.minTimestamp), Number.POSITIVE_INFINITY),
    maxTimestamp: all.reduce((most, one) => Math.max(most, one.maxTimestamp), Number.NEGATIVE_INFINITY),
    levelMask: levelMask >>> 0,
    rawBytes: all.reduce((sum, one) => sum + one.rawBytes, 0),
    storedBytes,
    runs: all,
  }
}
