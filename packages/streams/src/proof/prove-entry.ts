import { assert } from '@forgeone/common'
import { treeRoot, auditPath } from '@forgeone/merkle'
import { cutAt } from '../append/block-builder.ts'
import { encodeColumns } from '../block/block-columns.ts'
import { hashRun, runContent, type RunPlace } from '../block/run-proof.ts'
import type { BlockReader } from '../read/block-reader.ts'
import type { FoundRow } from '../read/scan-request.ts'
import type { Shard } from '../shard/shard.ts'
import { commitRowsOf, type CommitRows } from './commit-rows.ts'
import type { EntryProof } from './entry-proof.ts'
import { runOfTopic } from '../block/run-of-topic.ts'
import { compareRuns } from '../block/run-order.ts'

interface CommitRun {
  readonly database: string
  readonly topicId: number
  readonly place: RunPlace
  readonly ids: readonly string[]
  readonly hash: Uint8Array
  readonly columns: Uint8Array
}

/**
 * Computes the tree of an entry's commit from what is stored now, which gives the root of its append whatever blocks
 * the entries have moved to since.
 * @throws STREAM_PROOF_INCOMPLETE when entries of the commit were removed, STREAM_BLOCK_DAMAGED
 */
export async function proveEntry(
  { block, row, shard, id }: FoundRow & { readonly id: string },
  { shards, reader }: { readonly shards: readonly Shard[]; readonly reader: BlockReader },
): Promise<EntryProof> {
  const commitSequence = block.commitSequenceOf(row)
  const sequence = block.firstSequence + row
  const runs: CommitRun[] = []
  for (const each of shards) {
    const rows = await commitRowsOf(each, commitSequence, reader)
    if (rows !== undefined) runs.push(...runsOf(rows))
  }
  runs.sort(compareRuns)
  const leaves = runs.map((run) => run.hash)
  const index = runs.findIndex(({ database, place }) => database === shard.database && holds(place, sequence))
  assert(index !== -1, 'an entry is in a run of its commit')
  const { place, ids, hash, columns } = runs[index]!
  return {
    id,
    position: { commitSequence, shard: shard.number, sequence },
    commitSequence,
    run: place,
    ids,
    runHash: hash,
    content: runContent(place, columns),
    index,
    size: runs.length,
    path: auditPath(leaves, index),
    root: treeRoot(leaves),
  }
}

/** Cut into blocks as they were when they were appended. */
function runsOf({ shard, commitTime, firstSequence, rows, topicIds, ids }: CommitRows): readonly CommitRun[] {
  const { database } = shard
  const runs: CommitRun[] = []
  for (let start = 0; start < rows.length;) {
    const end = cutAt(rows, start)
    const cut = {
      database,
      commitTime,
      firstSequence: firstSequence + start,
      rows: rows.slice(start, end),
      topicIds: topicIds.slice(start, end),
    }
    for (const topicId of new Set(cut.topicIds)) {
      const run = runOfTopic({ ...cut, topicId })
      const columns = encodeColumns(run.rows).bytes
      const hash = hashRun(run.place, columns)
      const ownIds = sequencesOf(run.place).map((sequence) => ids[sequence - firstSequence]!)
      runs.push({ database, topicId, place: run.place, ids: ownIds, hash, columns })
    }
    start = end
  }
  return runs
}

function sequencesOf({ spans }: RunPlace): readonly number[] {
  return spans.flatMap(({ first, count }) => Array.from({ length: count }, (_, offset) => first + offset))
}

function holds({ spans }: RunPlace, sequence: number): boolean {
  return spans.some(({ first, count }) => sequence >= first && sequence < first + count)
}
