import { setImmediate as nextTurn } from 'node:timers/promises'
import { ForgeError, isForgeError, type ErrorCode, tellProgress } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { ClientIds } from '../append/client-ids.ts'
import type { StoredBlockSummary } from '../block/block-summary.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import type { BlockReader } from '../read/block-reader.ts'
import {
  blockSequenceOfKey,
  KEYSPACE_COLD,
  KEYSPACE_COLD_INDEX,
  KEYSPACE_FILTER,
  KEYSPACE_HOT,
  KEYSPACE_HOT_INDEX,
  keyspaceRange,
} from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import type { OfflineShard } from '../shard/topic-directory.ts'
import { checkClientIds } from './check-client-ids.ts'

export interface StreamProblem {
  readonly code: ErrorCode
  readonly where: string
  readonly message: string
}

export interface StreamVerifyReport {
  readonly blocks: number
  readonly entries: number
  /** Absent while a shard is offline. */
  readonly placed?: PlacedEntries
  readonly problems: readonly StreamProblem[]
}

/** Entries that were ever given a sequence, removed ones included, as it was when the check began. */
export interface PlacedEntries {
  readonly acknowledged: number
  readonly withInFlight: number
}

interface VerifyInput {
  readonly store: Store
  readonly name: string
  readonly shards: readonly (Shard | OfflineShard)[]
  readonly reader: BlockReader
  readonly clientIds: Pick<ClientIds, 'find'>
  readonly onProgress: ((blocks: number) => void) | undefined
}

/** Between two of these the event loop gets its turn. */
const TURN_BLOCKS = 16

/** Checks that every index row has its block, every block its index row, and that their figures agree. */
export async function verifyShards(input: VerifyInput): Promise<StreamVerifyReport> {
  const problems: StreamProblem[] = []
  // Before anything is waited for, so that the caller knows what it is compared with.
  const placed = countPlaced(input.shards)
  let blocks = 0
  let entries = 0
  for (const shard of input.shards) {
    if ('reason' in shard) {
      problems.push({
        code: shard.reason.code,
        where: `${input.name}_shard_${shard.number}`,
        message: shard.reason.message,
      })
      continue
    }
    // What is appended meanwhile is left to the next check.
    for (const summary of shard.blocks.slice()) {
      if (summary.kind === 'removed') continue
      const where = `${shard.database} block ${summary.firstSequence}`
      try {
        const block = await input.reader.readUncached(shard, summary)
        entries += checkBlock(block, summary, where)
        await checkFilters(input.reader, shard, summary)
        await checkClientIds(block, { shard, ids: input.clientIds, where })
      } catch (error) {
        if (!isForgeError(error)) throw error
        // Rows of a commit are readable a turn before the directory shows what it did.
        await nextTurn()
        // It was rewritten while its turn came.
        if (shard.blockOf(summary.firstSequence) !== summary) continue
        problems.push({ code: error.code, where, message: error.message })
      }
      if (++blocks % TURN_BLOCKS !== 0) continue
      tellProgress(input.onProgress, blocks)
      await nextTurn()
    }
    problems.push(...(await findUnindexed(input.store, shard)))
  }
  return { blocks, entries, ...(placed === undefined ? {} : { placed }), problems }
}

/** @returns undefined while a shard is offline */
export function countPlaced(shards: readonly (Shard | OfflineShard)[]): PlacedEntries | undefined {
  let acknowledged = 0
  let withInFlight = 0
  for (const shard of shards) {
    if ('reason' in shard) return undefined
    acknowledged += shard.visibleEnd
    withInFlight += shard.nextSequence
  }
  return { acknowledged, withInFlight }
}

async function checkFilters(reader: BlockReader, shard: Shard, summary: StoredBlockSummary): Promise<void> {
  if (summary.kind === 'hot') return
  await reader.readFilters(shard, summary)
}

/** @returns the entries of the block @throws STREAM_BLOCK_DAMAGED when it is not what its index row says */
function checkBlock(block: DecodedBlock, summary: StoredBlockSummary, where: string): number {
  const counts = new Map<number, number>()
  let rows = 0
  for (let row = 0; row < block.count; row++) {
    const topicId = block.topicIdOf(row)
    counts.set(topicId, (counts.get(topicId) ?? 0) + 1)
    if (block.isRemoved(row)) continue
    rows++
    const timestamp = block.timestampOf(row)
    const isWithin = timestamp >= summary.minTimestamp && timestamp <= summary.maxTimestamp
    if (!isWithin || ((summary.levelMask >>> block.levelOf(row)) & 1) === 0) throw disagrees(where)
    // Decodes what a reader of the row would.
    block.textBytesOf(row)
    void [block.textKindOf(row), block.metadataOf(row), block.clientIdOf(row), block.markerOf(row)]
  }
  // A topic has two runs where some of its rows were removed.
  for (const run of summary.runs) counts.set(run.topicId, (counts.get(run.topicId) ?? 0) - run.count)
  for (const count of counts.values()) if (count !== 0) throw disagrees(where)
  return rows
}

function disagrees(where: string): ForgeError {
  return new ForgeError('STREAM_BLOCK_DAMAGED', `${where} is not what its index row says`)
}

/** The keyspaces of blocks, and those of the index rows that name them. */
const INDEXED: readonly (readonly [number, number])[] = [
  [KEYSPACE_HOT, KEYSPACE_HOT_INDEX],
  [KEYSPACE_COLD, KEYSPACE_COLD_INDEX],
  [KEYSPACE_FILTER, KEYSPACE_COLD_INDEX],
]

/** Blocks without index row. An index row without block was found above, when the block was read. */
async function findUnindexed(store: Store, shard: Shard): Promise<readonly StreamProblem[]> {
  const unindexed = new Set<number | undefined>()
  for (const [blocks, index] of INDEXED) {
    // In this order an append meanwhile does no harm: block and index row come in one commit.
    const stored = await storedSequences(store, shard, blocks)
    const indexed = await storedSequences(store, shard, index)
    for (const sequence of stored) {
      if (sequence !== undefined && (indexed.has(sequence) || isRewritten(shard, sequence, index))) continue
      unindexed.add(sequence)
    }
  }
  return [...unindexed].map((sequence) => {
    const where = `${shard.database} block ${sequence ?? '?'}`
    return { code: 'STREAM_BLOCK_DAMAGED', where, message: `${where} has no index row` }
  })
}

/** The block was there when the keys were read, and the compactor took it away with its index row since. */
function isRewritten(shard: Shard, sequence: number, index: number): boolean {
  const kind = shard.blockOf(sequence)?.kind
  return kind !== undefined && kind !== (index === KEYSPACE_HOT_INDEX ? 'hot' : 'cold')
}

/** Undefined stands for a key of a wrong length. */
async function storedSequences(
  store: Store,
  shard: Shard,
  keyspace: number,
): Promise<ReadonlySet<number | undefined>> {
  const sequences = new Set<number | undefined>()
  for await (const page of store.scan(shard.database, keyspaceRange(keyspace), { keysOnly: true }))
    for (const { key } of page) sequences.add(blockSequenceOfKey(key))
  return sequences
}
