import { isForgeError, type ErrorCode } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { BlockReader } from '../read/block-reader.ts'
import { KEYSPACE_HOT, keyspaceRange, sequenceOfKey } from '../shard/keys.ts'
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

/** How many blocks are read together. */
const READ_BLOCKS = 16

/** Checks that every index row has its block, every block its index row, and that their figures agree. */
export async function verifyShards(input: VerifyInput): Promise<StreamVerifyReport> {
  const problems: StreamProblem[] = []
  let blocks = 0
  let entries = 0
  for (const shard of input.shards) {
    if ('reason' in shard) {
      problems.push({ code: shard.reason.code, where: `${input.name}_shard_${shard.number}`, message: shard.reason.message })
      continue
    }
    for (let start = 0; start < shard.blocks.length; start += READ_BLOCKS) {
      const summaries = shard.blocks.slice(start, start + READ_BLOCKS)
      const read = await input.reader.readMany(shard, summaries)
      for (const [index, decode] of read.entries()) {
        const summary = summaries[index]!
        const where = `${shard.database} block ${summary.firstSequence}`
        try {
          const block = decode()
          entries += block.count
          const { levels, timestamps } = block.columns
          const agrees =
            timestamps.every((at) => at >= summary.minTimestamp && at <= summary.maxTimestamp) &&
            levels.every((level) => ((summary.levelMask >>> level) & 1) === 1) &&
            block.runs.every((run, at) => summary.runs[at]?.topicId === run.topicId && summary.runs[at].count === run.count)
          if (!agrees) problems.push({ code: 'STREAM_BLOCK_DAMAGED', where, message: `${where} is not what its index row says` })
        } catch (error) {
          if (!isForgeError(error)) throw error
          problems.push({ code: error.code, where, message: error.message })
        }
        blocks++
      }
      input.onProgress?.(blocks)
    }
    problems.push(...(await findUnindexed(input.store, shard)))
  }
  return { blocks, entries, problems }
}

async function findUnindexed(store: Store, shard: Shard): Promise<readonly StreamProblem[]> {
  const indexed = new Set(shard.blocks.map((summary) => summary.firstSequence))
  const known = indexed.size
  const problems: StreamProblem[] = []
  for await (const page of store.scan(shard.database, keyspaceRange(KEYSPACE_HOT), { keysOnly: true })) {
    for (const { key } of page) {
      const sequence = sequenceOfKey(key)
      // Blocks published after `indexed` was taken are not missing from it.
      const isNewer = sequence !== undefined && shard.blocks.length > known && shard.blockIndexOf(sequence) !== undefined
      if (sequence !== undefined && (indexed.has(sequence) || isNewer)) continue
      const where = `${shard.database} block ${sequence ?? '?'}`
      problems.push({ code: 'STREAM_BLOCK_DAMAGED', where, message: `${where} has no index row` })
    }
  }
  return problems
}
