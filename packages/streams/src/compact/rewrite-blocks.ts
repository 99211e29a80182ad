import { ForgeError, utf8Encode, type Metrics } from '@forgeone/common'
import type { Operation, Store } from '@forgeone/engine'
import type { SectionLevel } from '@forgeone/log-codec'
import {
  endSequence,
  type BlockSummary,
  type ColdSummary,
  type RemovedSummary,
  type StoredBlockSummary,
} from '../block/block-summary.ts'
import { encodeBlockTable } from '../block/block-table.ts'
import { encodeColdIndexRow, encodeRemovedRow, removedSummary } from '../block/cold-index-row.ts'
import { hasFilters, joinFilters } from '../filter/filters-row.ts'
import type { BlockReader } from '../read/block-reader.ts'
import { coldIndexKey, filtersKey, hotIndexKey, hotKey, removedKey, TABLE_SECTION } from '../shard/keys.ts'
import { deleteSegments, putSegments, SEAL_BYTES, sealedBytes } from '../shard/segments.ts'
import type { Shard } from '../shard/shard.ts'
import type { BlockEncoder } from './block-encoder.ts'
import type { EncodedSection } from './encode-block.ts'
import { gatherBlock, type GatheredBlock } from './gather.ts'

export interface RewriteContext {
  readonly store: Store
  readonly reader: BlockReader
  readonly encoder: BlockEncoder
  readonly metrics: Metrics
  /** `logs` or `events`. */
  readonly facility: string
}

export interface RewriteRequest {
  readonly shard: Shard
  /** Neighbours in the order of their sequences, within the limits of a cold block. */
  readonly sources: readonly StoredBlockSummary[]
  readonly level: SectionLevel
  /** What is done, for the audit facts: `logs.compact`, `events.retain`. */
  readonly action: string
  /** False for entries to leave out; those of removed topics are left out anyhow. */
  readonly keeps?: ((topicId: number, sequence: number, timestamp: number) => boolean) | undefined
  /** Rows of the same commit, such as topic rows that count what is left out. */
  readonly alongside?: ((left: ReadonlyMap<number, number>) => readonly Operation[]) | undefined
}

/** Puts one cold block in the place of its sources: one commit, after which readers see the new one. */
export async function rewriteBlocks(
  request: RewriteRequest,
  context: RewriteContext,
): Promise<ColdSummary | RemovedSummary> {
  const { shard, sources, level } = request
  const gathered = await gatherBlock({
    sources,
    read: (summary) => context.reader.readOnce(shard, summary),
    keeps: (topicId, sequence, timestamp) => {
      const topic = shard.topics.get(topicId)
      return topic !== undefined && (request.keeps?.(topicId, sequence, timestamp) ?? true)
    },
  })
  const encoded = await context.encoder.encode({
    sections: gathered.sections,
    level,
    seed: filterSeed(context.store, shard, gathered.firstSequence),
  })
  const fallbacks = encoded.filter((section) => section.fallback).length
  if (fallbacks > 0) context.metrics.add(`${context.facility}_roundtrip_fallback_total`, fallbacks)
  const table = encodeBlockTable(gathered.table)
  const summary =
    gathered.rawBytes === 0 ? removedOf(sources) : summaryOf({ gathered, encoded, table, request })
  const { database } = shard
  const operations: Operation[] = sources.flatMap((source) => deleteBlock(database, source))
  if (summary.kind === 'removed') {
    operations.push({
      type: 'put',
      database,
      key: removedKey(summary.firstSequence),
      value: encodeRemovedRow(summary),
    })
  } else operations.push(...putBlock({ database, summary, table, encoded }))
  await commitReplacement(context, { shard, blocks: [summary], operations, request, sources })
  return summary
}

export interface Replacement {
  readonly shard: Shard
  /** What stands in the directory afterwards. */
  readonly blocks: readonly BlockSummary[]
  readonly sources: readonly BlockSummary[]
  readonly operations: readonly Operation[]
  readonly request: Pick<RewriteRequest, 'action' | 'alongside'>
}

/** One commit that takes blocks out and puts others in; the directory changes in the turn in which it is visible. */
export async function commitReplacement(context: RewriteContext, replacement: Replacement): Promise<void> {
  const { shard, blocks, sources, operations, request } = replacement
  const left = leftOut(sources, blocks)
  const { facility, store } = context
  await store.commit(
    () => {
      // An append since then does not touch these; only maintenance does, and it takes turns.
      for (const source of sources) {
        if (shard.blockOf(source.firstSequence) !== source)
          throw new ForgeError('STREAM_COMPACTION_FAILED', 'a block was rewritten by somebody else')
      }
      return {
        facts: { actor: 'system', action: `${facility}.${request.action}`, resourceClass: facility },
        operations: [...operations, ...(request.alongside?.(left) ?? [])],
      }
    },
    { privileged: true, onVisible: () => shard.replace(blocks) },
  )
}

/** Entries by topic that the sources have and the new blocks do not. */
function leftOut(sources: readonly BlockSummary[], blocks: readonly BlockSummary[]): Map<number, number> {
  const counts = new Map<number, number>()
  const add = (list: readonly BlockSummary[], sign: 1 | -1): void => {
    for (const block of list) {
      for (const run of block.runs) {
        const isLive =
          block.kind === 'hot' ||
          ('section' in run && block.kind === 'cold' && block.sections[run.section]!.bytes > 0)
        if (isLive) counts.set(run.topicId, (counts.get(run.topicId) ?? 0) + sign * run.count)
      }
    }
  }
  add(sources, 1)
  add(blocks, -1)
  for (const [topicId, count] of counts) if (count === 0) counts.delete(topicId)
  return counts
}

function filterSeed(store: Store, shard: Shard, firstSequence: number): number {
  const hash = store.keyedHash({
    purpose: 'blind',
    label: 'filter',
    value: utf8Encode(`${shard.database}\0${firstSequence}`),
  })
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0)
}

function summaryOf(o: {
  gathered: GatheredBlock
  encoded: readonly EncodedSection[]
  table: Uint8Array
  request: RewriteRequest
}): ColdSummary {
  const { gathered, encoded, table, request } = o
  const first = request.sources[0]!
  const last = request.sources.at(-1)!
  let storedBytes = sealedBytes(table.length)
  for (const { bytes, filter } of encoded) storedBytes += sealedBytes(bytes.length) + (filter?.length ?? 0)
  if (encoded.some(({ filter }) => filter !== undefined)) storedBytes += SEAL_BYTES
  return {
    kind: 'cold',
    level: request.level,
    firstSequence: gathered.firstSequence,
    count: gathered.count,
    commitSequence: first.commitSequence,
    lastCommitSequence: last.lastCommitSequence,
    commitTime: first.commitTime,
    lastCommitTime: last.lastCommitTime,
    minTimestamp: gathered.minTimestamp,
    maxTimestamp: gathered.maxTimestamp,
    levelMask: gathered.levelMask,
    rawBytes: gathered.rawBytes,
    storedBytes,
    tableBytes: table.length,
    runs: gathered.runs,
    sections: encoded.map(({ bytes, filter, templateCount }, index) => ({
      count: gathered.sectionCounts[index]!,
      bytes: bytes.length,
      filterBytes: filter?.length ?? 0,
      templateCount,
    })),
  }
}

export function removedOf(sources: readonly BlockSummary[]): RemovedSummary {
  const first = sources[0]!
  const last = sources.at(-1)!
  return removedSummary({
    firstSequence: first.firstSequence,
    count: endSequence(last) - first.firstSequence,
    commitSequence: first.commitSequence,
    lastCommitSequence: last.lastCommitSequence,
    commitTime: first.commitTime,
    lastCommitTime: last.lastCommitTime,
  })
}

function putBlock(o: {
  database: string
  summary: ColdSummary
  table: Uint8Array
  encoded: readonly EncodedSection[]
}): Operation[] {
  const { database, summary, table, encoded } = o
  const { firstSequence } = summary
  const operations: Operation[] = [
    ...putSegments({ database, firstSequence, section: TABLE_SECTION, bytes: table }),
  ]
  for (const [section, { bytes }] of encoded.entries())
    operations.push(...putSegments({ database, firstSequence, section, bytes }))
  if (hasFilters(summary)) {
    const value = joinFilters(encoded.map(({ filter }) => filter))
    operations.push({ type: 'put', database, key: filtersKey(firstSequence), value })
  }
  operations.push({
    type: 'put',
    database,
    key: coldIndexKey(firstSequence),
    value: encodeColdIndexRow(summary),
  })
  return operations
}

/** Every row of a block. */
export function deleteBlock(database: string, block: BlockSummary): readonly Operation[] {
  const { firstSequence } = block
  const remove = (key: Uint8Array): Operation => ({ type: 'delete', database, key })
  if (block.kind === 'hot') return [remove(hotKey(firstSequence)), remove(hotIndexKey(firstSequence))]
  if (block.kind === 'removed') return [remove(removedKey(firstSequence))]
  return [
    ...deleteSegments({ database, firstSequence, section: TABLE_SECTION, length: block.tableBytes }),
    ...block.sections.flatMap(({ bytes }, section) =>
      deleteSegments({ database, firstSequence, section, length: bytes }),
    ),
    ...(hasFilters(block) ? [remove(filtersKey(firstSequence))] : []),
    remove(coldIndexKey(firstSequence)),
  ]
}
