import { setImmediate as nextTurn } from 'node:timers/promises'
import { ForgeError, isForgeError, type ErrorCode } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { BlockSummary } from '../block/hot-index-row.ts'
import type { HotBlock } from '../block/hot-block.ts'
import type { BlockReader } from '../read/block-reader.ts'
import { KEYSPACE_HOT, KEYSPACE_HOT_INDEX, keyspaceRange, sequenceOfKey } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import type { OfflineShard } from '../shard/topic-directory.ts'

export interface StreamProblem {
  readonly code: ErrorCode
  readonly where: string
  readonly message: string
}

export interface StreamVerifyReport {
  readonly blocks: number
  readonly entries: number
  readonly problems: readonly StreamProblem[]
}

interface VerifyInput {
  readonly store: Store
  readonly name: string
  readonly shards: readonly (Shard | OfflineShard)[]
  readonly reader: BlockReader
  readonly onProgress: ((blocks: number) => void) | undefined
}

/** Between two of these the event loop gets its turn. */
const TURN_BLOCKS = 16

/** Checks that every index row has its block, every block its index row, and that their figures agree. */
export async function verifyShards(input: VerifyInput): Promise<StreamVerifyReport> {
  const problems: StreamProblem[] = []
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
      const where = `${shard.database} block ${summary.firstSequence}`
      try {
        entries += checkBlock(input.reader.readUncached(shard, summary), summary, where)
      } catch (error) {
        if (!isForgeError(error)) throw error
        problems.push({ code: error.code, where, message: error.message })
      }
      if (++blocks % TURN_BLOCKS !== 0) continue
      input.onProgress?.(blocks)
      await nextTurn()
    }
    problems.push(...(await findUnindexed(input.store, shard)))
  }
  return { blocks, entries, problems }
}

/** @returns the entries of the block @throws STREAM_BLOCK_DAMAGED when it is not what its index row says */
function checkBlock(block: HotBlock, summary: BlockSummary, where: string): number {
  block.columns.decodeAll()
  const { levels, timestamps } = block.columns
  const agrees =
    timestamps.every((at) => at >= summary.minTimestamp && at <= summary.maxTimestamp) &&
    levels.every((level) => ((summary.levelMask >>> level) & 1) === 1) &&
    block.runs.every(
      (run, at) => summary.runs[at]?.topicId === run.topicId && summary.runs[at].count === run.count,
    )
  if (!agrees) throw new ForgeError('STREAM_BLOCK_DAMAGED', `${where} is not what its index row says`)
  return block.count
}

/** Blocks without index row. An index row without block was found above, when the block was read. */
async function findUnindexed(store: Store, shard: Shard): Promise<readonly StreamProblem[]> {
  const known = shard.blocks.map((summary) => summary.firstSequence)
  // In this order an append meanwhile does no harm: block and index row come in one commit.
  const stored = await storedSequences(store, shard, KEYSPACE_HOT)
  const indexed = new Set(await storedSequences(store, shard, KEYSPACE_HOT_INDEX))
  const unindexed = [...new Set([...known, ...stored])].filter(
    (sequence) => sequence === undefined || !indexed.has(sequence),
  )
  return unindexed.map((sequence) => {
    const where = `${shard.database} block ${sequence ?? '?'}`
    return { code: 'STREAM_BLOCK_DAMAGED', where, message: `${where} has no index row` }
  })
}

/** Undefined stands for a key of a wrong length. */
async function storedSequences(
  store: Store,
  shard: Shard,
  keyspace: number,
): Promise<readonly (number | undefined)[]> {
  const sequences: (number | undefined)[] = []
  for await (const page of store.scan(shard.database, keyspaceRange(keyspace), { keysOnly: true })) {
    sequences.push(...page.map(({ key }) => sequenceOfKey(key)))
  }
  return sequences
}
