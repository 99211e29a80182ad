import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Operation, Store } from '@forgeone/engine'
import {
  endSequence,
  isDropped,
  type BlockSummary,
  type ColdSummary,
  type RunSummary,
  type StoredBlockSummary,
} from '../block/block-summary.ts'
import { encodeColdIndexRow, encodeRemovedRow } from '../block/cold-index-row.ts'
import { reclaimBlocks } from '../compact/reclaim-blocks.ts'
import {
  commitReplacement,
  deleteBlock,
  removedOf,
  rewriteBlocks,
  type RewriteContext,
} from '../compact/rewrite-blocks.ts'
import { rawBytesOf } from '../entry/raw-bytes.ts'
import { hasFilters, joinFilters, splitFilters } from '../filter/filters-row.ts'
import { coldIndexKey, filtersKey, removedKey, topicKey } from '../shard/keys.ts'
import { deleteSegments, sealedBytes } from '../shard/segments.ts'
import type { Shard } from '../shard/shard.ts'
import { encodeTopicRow } from '../shard/topic-row.ts'

/** Blocks that go are taken out together until they are so many rows: well below what the store takes at once. */
const REMOVAL_OPERATIONS_ENOUGH = 20_000

export type Affected = 'all' | 'part' | 'none'

/** Which entries of a shard go. */
export interface RemovalRule {
  /** How much of a run may go, from what the directory knows of it. */
  affects(block: StoredBlockSummary, run: RunSummary): Affected
  keeps(topicId: number, sequence: number, timestamp: number): boolean
}

/** Entries and raw bytes, by topic number. */
export type RemovedAmounts = Map<number, { count: number; rawBytes: number }>

export interface RemovalRequest {
  readonly shard: Shard
  readonly rule: RemovalRule
  /** For the audit facts: `retain`, `remove-topic`. */
  readonly action: string
  /** Rows that stand for entries by their own id. */
  readonly deleteClientIds: (ids: readonly string[]) => readonly Operation[]
  readonly signal?: AbortSignal | undefined
}

/** Counts what a removal would take, and changes nothing. */
export async function measureRemoval(
  { shard, rule, signal }: Pick<RemovalRequest, 'shard' | 'rule' | 'signal'>,
  context: RewriteContext,
): Promise<RemovedAmounts> {
  const amounts: RemovedAmounts = new Map()
  for (const block of shard.blocks) {
    if (block.kind === 'removed') continue
    const partial = new Set<number>()
    for (const run of liveRuns(block)) {
      const affected = rule.affects(block, run)
      if (affected === 'all') add(amounts, run.topicId, run.count, run.rawBytes)
      if (affected === 'part') partial.add(run.topicId)
    }
    if (partial.size === 0) continue
    signal?.throwIfAborted()
    await nextTurn()
    const decoded = await context.reader.readOnce(shard, block)
    for (let row = 0; row < decoded.count; row++) {
      const topicId = decoded.topicIdOf(row)
      if (!partial.has(topicId) || decoded.isRemoved(row)) continue
      if (rule.keeps(topicId, decoded.firstSequence + row, decoded.timestampOf(row))) continue
      const bytes = rawBytesOf(decoded.textBytesOf(row).length, decoded.metadataOf(row))
      add(amounts, topicId, 1, bytes)
    }
  }
  return amounts
}

/**
 * Removes entries block by block, oldest first; every block is one commit, so a crash leaves whole blocks treated and
 * the rest as they were. Blocks that lose all go away, sections that lose all are dropped as they are, and only what
 * loses a part is encoded anew.
 */
export async function removeEntries(
  request: RemovalRequest,
  context: RewriteContext,
): Promise<RemovedAmounts> {
  const { shard, rule, signal } = request
  const amounts = await measureRemoval(request, context)
  if (amounts.size === 0) return amounts
  const gone = new GoneBlocks(request, context)
  let firstChanged: BlockSummary | undefined
  let lastChanged: BlockSummary | undefined
  for (const block of shard.blocks.slice()) {
    signal?.throwIfAborted()
    if (block.kind === 'removed') {
      await gone.add(block)
      continue
    }
    const affected = liveRuns(block).map((run) => rule.affects(block, run))
    if (affected.every((one) => one === 'all')) await gone.add(block)
    else {
      await gone.flush()
      if (affected.every((one) => one === 'none')) continue
      if (block.kind === 'cold' && isWholeSections(block, rule)) await dropSections(request, block, context)
      else if (await losesRows(request, block, context)) await rewritePart(request, block, context)
    }
    firstChanged ??= block
    lastChanged = block
  }
  await gone.flush()
  if (firstChanged !== undefined && lastChanged !== undefined)
    await reclaimBlocks(context.store, shard, {
      from: firstChanged.firstSequence,
      to: endSequence(lastChanged),
    })
  return amounts
}

function add(amounts: RemovedAmounts, topicId: number, count: number, rawBytes: number): void {
  const before = amounts.get(topicId)
  if (before === undefined) amounts.set(topicId, { count, rawBytes })
  else {
    before.count += count
    before.rawBytes += rawBytes
  }
}

function liveRuns(block: StoredBlockSummary): readonly RunSummary[] {
  const runs: readonly RunSummary[] = block.runs
  return runs.filter((run) => !isDropped(block, run))
}

/** Every section loses all of its runs, or none. */
function isWholeSections(block: ColdSummary, rule: RemovalRule): boolean {
  const bySection = new Map<number, Set<Affected>>()
  for (const run of block.runs) {
    if (isDropped(block, run)) continue
    const affected = rule.affects(block, run)
    const seen = bySection.get(run.section)
    if (seen === undefined) bySection.set(run.section, new Set([affected]))
    else seen.add(affected)
  }
  return [...bySection.values()].every((seen) => seen.size === 1 && !seen.has('part'))
}

/** A rule may say `part` and then keep every row. */
async function losesRows(
  { shard, rule }: RemovalRequest,
  block: StoredBlockSummary,
  context: RewriteContext,
): Promise<boolean> {
  if (liveRuns(block).some((run) => rule.affects(block, run) === 'all')) return true
  await nextTurn()
  const decoded = await context.reader.readOnce(shard, block)
  for (let row = 0; row < decoded.count; row++) {
    if (decoded.isRemoved(row)) continue
    if (!rule.keeps(decoded.topicIdOf(row), decoded.firstSequence + row, decoded.timestampOf(row)))
      return true
  }
  return false
}

async function rewritePart(
  request: RemovalRequest,
  block: StoredBlockSummary,
  context: RewriteContext,
): Promise<void> {
  const { shard, rule, action } = request
  const clientIds = await clientIdsOf(request, block, context)
  await rewriteBlocks(
    {
      shard,
      sources: [block],
      level: block.kind === 'cold' ? block.level : 'default',
      action,
      keeps: (topicId, sequence, timestamp) => rule.keeps(topicId, sequence, timestamp),
      alongside: (left) => [...topicRows(shard, left), ...request.deleteClientIds(clientIds)],
    },
    context,
  )
}

/** Neighbouring blocks that lose all their entries: together they become one range of removed sequences. */
class GoneBlocks {
  readonly #request: RemovalRequest
  readonly #context: RewriteContext
  #blocks: BlockSummary[] = []
  #operations: Operation[] = []
  #clientIds: string[] = []

  constructor(request: RemovalRequest, context: RewriteContext) {
    this.#request = request
    this.#context = context
  }

  async add(block: BlockSummary): Promise<void> {
    const { database } = this.#request.shard
    if (block.kind !== 'removed') {
      await nextTurn()
      const clientIds = await clientIdsOf(this.#request, block, this.#context)
      this.#clientIds.push(...clientIds)
    }
    this.#blocks.push(block)
    this.#operations.push(...deleteBlock(database, block))
    if (this.#operations.length + this.#clientIds.length < REMOVAL_OPERATIONS_ENOUGH) return
    const removed = await this.#commit()
    // What follows joins the range.
    if (removed !== undefined) await this.add(removed)
  }

  async flush(): Promise<void> {
    await this.#commit()
  }

  async #commit(): Promise<BlockSummary | undefined> {
    const blocks = this.#blocks
    const operations = this.#operations
    const clientIds = this.#clientIds
    this.#blocks = []
    this.#operations = []
    this.#clientIds = []
    if (!blocks.some((block) => block.kind !== 'removed')) return undefined
    const { shard, action, deleteClientIds } = this.#request
    const summary = removedOf(blocks)
    operations.push({
      type: 'put',
      database: shard.database,
      key: removedKey(summary.firstSequence),
      value: encodeRemovedRow(summary),
    })
    await commitReplacement(this.#context, {
      shard,
      blocks: [summary],
      sources: blocks,
      operations,
      request: {
        action,
        alongside: (left) => [...topicRows(shard, left), ...deleteClientIds(clientIds)],
      },
    })
    return summary
  }
}

async function dropSections(
  request: RemovalRequest,
  block: ColdSummary,
  context: RewriteContext,
): Promise<void> {
  const { shard, rule, action } = request
  const { database } = shard
  const gone = new Set<number>()
  for (const run of block.runs)
    if (!isDropped(block, run) && rule.affects(block, run) === 'all') gone.add(run.section)
  const clientIds = await clientIdsOf(request, block, context)
  const stays = block.runs.filter((run) => !gone.has(run.section) && !isDropped(block, run))
  const dropped = [...gone].map((number) => block.sections[number]!)
  const droppedBytes = dropped.reduce((sum, one) => sum + sealedBytes(one.bytes) + one.filterBytes, 0)
  const summary: ColdSummary = {
    ...block,
    rawBytes: stays.reduce((sum, run) => sum + run.rawBytes, 0),
    storedBytes: Math.max(0, block.storedBytes - droppedBytes),
    minTimestamp: stays.reduce((least, run) => Math.min(least, run.minTimestamp), Number.POSITIVE_INFINITY),
    maxTimestamp: stays.reduce((most, run) => Math.max(most, run.maxTimestamp), Number.NEGATIVE_INFINITY),
    // Those dropped earlier too: times stand in the row as differences to the block's, which may be later now.
    runs: block.runs.map((run) =>
      gone.has(run.section) || isDropped(block, run) ? { ...run, rawBytes: 0, ...timesOf(stays) } : run,
    ),
    sections: block.sections.map((section, number) =>
      gone.has(number) ? { ...section, bytes: 0, filterBytes: 0, templateCount: 0 } : section,
    ),
  }
  const { firstSequence } = block
  const operations: Operation[] = [...gone].flatMap((section) =>
    deleteSegments({ database, firstSequence, section, length: block.sections[section]!.bytes }),
  )
  operations.push(...(await withoutFilters(context.store, { database, block, gone })))
  operations.push({
    type: 'put',
    database,
    key: coldIndexKey(firstSequence),
    value: encodeColdIndexRow(summary),
  })
  await commitReplacement(context, {
    shard,
    blocks: [summary],
    sources: [block],
    operations,
    request: {
      action,
      alongside: (left) => [...topicRows(shard, left), ...request.deleteClientIds(clientIds)],
    },
  })
}

/** What is left of the filters of a block; those of removed rows would still tell their words. */
async function withoutFilters(
  store: Store,
  o: { readonly database: string; readonly block: ColdSummary; readonly gone: ReadonlySet<number> },
): Promise<readonly Operation[]> {
  const { database, block, gone } = o
  if (!hasFilters(block)) return []
  const key = filtersKey(block.firstSequence)
  const stored = await store.get(database, key)
  // A row that is missing is for a check to tell, not for a removal.
  if (stored === undefined) return []
  const left = splitFilters(stored, block.sections).filter((_, section) => !gone.has(section))
  const value = joinFilters(left)
  return [value.length === 0 ? { type: 'delete', database, key } : { type: 'put', database, key, value }]
}

/** A dropped run keeps its count; its times become those of a run that stays, so that they can be written. */
function timesOf(stays: readonly RunSummary[]): { minTimestamp: number; maxTimestamp: number } {
  const least = stays.reduce((time, run) => Math.min(time, run.minTimestamp), Number.POSITIVE_INFINITY)
  return { minTimestamp: least, maxTimestamp: least }
}

/** Ids that callers gave to entries that go. */
async function clientIdsOf(
  { shard, rule }: RemovalRequest,
  block: StoredBlockSummary,
  context: RewriteContext,
): Promise<readonly string[]> {
  const decoded = await context.reader.readOnce(shard, block)
  const ids: string[] = []
  for (let row = 0; row < decoded.count; row++) {
    if (decoded.isRemoved(row)) continue
    const id = decoded.clientIdOf(row)
    if (id === undefined) continue
    if (!rule.keeps(decoded.topicIdOf(row), decoded.firstSequence + row, decoded.timestampOf(row)))
      ids.push(id)
  }
  return ids
}

/** A topic's version does not go back when entries go, so their number is kept. */
function topicRows(shard: Shard, left: ReadonlyMap<number, number>): readonly Operation[] {
  const operations: Operation[] = []
  for (const [topicId, count] of left) {
    const topic = shard.topics.get(topicId)
    if (topic === undefined) continue
    const removedCount = topic.removedCount + count
    operations.push({
      type: 'put',
      database: shard.database,
      key: topicKey(topicId),
      value: encodeTopicRow({ ...topic.row, removedCount }),
    })
  }
  return operations
}
