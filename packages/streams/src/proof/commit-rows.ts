import { ForgeError } from '@forgeone/common'
import type { StoredBlockSummary } from '../block/block-summary.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { EMPTY_METADATA, type EntryRow } from '../entry/validate.ts'
import type { BlockReader } from '../read/block-reader.ts'
import { RowIds } from '../read/row-ids.ts'
import type { Shard } from '../shard/shard.ts'

/** All entries of one commit in one shard. */
export interface CommitRows {
  readonly shard: Shard
  readonly commitTime: number
  readonly firstSequence: number
  readonly rows: readonly EntryRow[]
  readonly topicIds: readonly number[]
  readonly ids: readonly string[]
}

/** @returns undefined when the commit has none there @throws STREAM_PROOF_INCOMPLETE, STREAM_BLOCK_DAMAGED */
export async function commitRowsOf(
  shard: Shard,
  commitSequence: number,
  reader: BlockReader,
): Promise<CommitRows | undefined> {
  for (;;) {
    const summaries = blocksOf(shard, commitSequence)
    const isRewritten = (): boolean =>
      summaries.some((summary) => shard.blockOf(summary.firstSequence) !== summary)
    try {
      const blocks: DecodedBlock[] = []
      // Whoever proves one entry of a commit often proves the others.
      for (const summary of summaries) blocks.push(await reader.readInSearch(shard, summary))
      if (isRewritten()) continue
      const found = new CommitRowsFinder(shard, commitSequence)
      for (const [index, summary] of summaries.entries()) found.addFrom(summary, blocks[index]!)
      return found.result
    } catch (cause) {
      if (!isRewritten()) throw cause
    }
  }
}

/** The blocks that may have entries of a commit. */
function blocksOf(shard: Shard, commitSequence: number): readonly StoredBlockSummary[] {
  const found: StoredBlockSummary[] = []
  for (let index = firstBlockOf(shard, commitSequence); index < shard.blocks.length; index++) {
    const summary = shard.blocks[index]!
    if (summary.commitSequence > commitSequence) break
    if (summary.kind === 'removed') throw incomplete(commitSequence, shard)
    found.push(summary)
  }
  return found
}

class CommitRowsFinder {
  readonly #shard: Shard
  readonly #commitSequence: number
  readonly #rows: EntryRow[] = []
  readonly #topicIds: number[] = []
  readonly #clientIds: string[] = []
  readonly #rowIds = new RowIds()
  #first: { readonly sequence: number; readonly time: number } | undefined

  constructor(shard: Shard, commitSequence: number) {
    this.#shard = shard
    this.#commitSequence = commitSequence
  }

  addFrom(summary: StoredBlockSummary, block: DecodedBlock): void {
    let row = firstRowOf(block, this.#commitSequence)
    for (; row < block.count && block.commitSequenceOf(row) === this.#commitSequence; row++) {
      this.#first ??= { sequence: summary.firstSequence + row, time: block.commitTimeOf(row) }
      this.#add(block, row)
    }
  }

  get result(): CommitRows | undefined {
    if (this.#first === undefined) return undefined
    return {
      shard: this.#shard,
      commitTime: this.#first.time,
      firstSequence: this.#first.sequence,
      rows: this.#rows,
      topicIds: this.#topicIds,
      ids: this.#clientIds,
    }
  }

  #add(block: DecodedBlock, row: number): void {
    const topicId = block.topicIdOf(row)
    const topic = this.#shard.topics.get(topicId)
    if (topic === undefined || block.isRemoved(row)) throw incomplete(this.#commitSequence, this.#shard)
    this.#topicIds.push(topicId)
    this.#clientIds.push(this.#rowIds.of({ block, row, shard: this.#shard }))
    this.#rows.push({
      topic: topic.name,
      timestamp: block.timestampOf(row),
      level: block.levelOf(row),
      textKind: block.textKindOf(row),
      text: block.textBytesOf(row),
      metadata: block.metadataOf(row) ?? EMPTY_METADATA,
      id: block.clientIdOf(row),
      marker: block.markerOf(row),
    })
  }
}

function firstBlockOf(shard: Shard, commitSequence: number): number {
  const { blocks } = shard
  return firstIndex(blocks.length, (index) => blocks[index]!.lastCommitSequence >= commitSequence)
}

function firstRowOf(block: DecodedBlock, commitSequence: number): number {
  return firstIndex(block.count, (row) => block.commitSequenceOf(row) >= commitSequence)
}

/** The first number below `count` from which on something holds; `count` when it never does. */
function firstIndex(count: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function incomplete(commitSequence: number, shard: Shard): ForgeError {
  return new ForgeError(
    'STREAM_PROOF_INCOMPLETE',
    `entries of commit ${commitSequence}, or of its time, were removed from ${shard.database}`,
    { details: { commitSequence, database: shard.database } },
  )
}
