import type { RewriteContext } from '../compact/rewrite-blocks.ts'
import { rawBytesOf } from '../entry/raw-bytes.ts'
import type { Shard } from '../shard/shard.ts'
import type { Topic } from '../shard/topic.ts'
import type { Retention } from '../shard/topic-settings.ts'
import type { Affected, RemovalRule } from './removal.ts'

/** Where a topic's kept entries begin. */
interface TopicCut {
  /** Entries of lower sequences go. */
  readonly sequence: number
  /** Entries with earlier timestamps go. */
  readonly time: number
}

/** What retention removes from a shard at one moment. */
export async function retentionRule(
  shard: Shard,
  o: {
    readonly retentionOf: (topic: Topic) => Retention | undefined
    readonly now: number
    readonly context: RewriteContext
  },
): Promise<RemovalRule> {
  const cuts = new Map<number, TopicCut>()
  for (const topic of shard.topics.values()) {
    const retention = topic.settings.legalHold === true ? undefined : o.retentionOf(topic)
    if (retention !== undefined) cuts.set(topic.id, await cutOf(shard, topic, retention, o))
  }
  return {
    affects(block, run): Affected {
      const cut = cuts.get(run.topicId)
      if (cut === undefined) return shard.topics.has(run.topicId) ? 'none' : 'all'
      if (block.firstSequence + block.count <= cut.sequence || run.maxTimestamp < cut.time) return 'all'
      return block.firstSequence >= cut.sequence && run.minTimestamp >= cut.time ? 'none' : 'part'
    },
    keeps(topicId, sequence, timestamp): boolean {
      const cut = cuts.get(topicId)
      if (cut === undefined) return shard.topics.has(topicId)
      return sequence >= cut.sequence && timestamp >= cut.time
    },
  }
}

async function cutOf(
  shard: Shard,
  topic: Topic,
  { maxAgeMs, maxBytes, maxCount }: Retention,
  { now, context }: { readonly now: number; readonly context: RewriteContext },
): Promise<TopicCut> {
  const time = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : now - maxAgeMs
  let sequence = 0
  if (maxCount !== undefined)
    sequence = Math.max(
      sequence,
      await sequenceOfNewest(shard, topic, { budget: maxCount, unit: 'count' }, context),
    )
  if (maxBytes !== undefined)
    sequence = Math.max(
      sequence,
      await sequenceOfNewest(shard, topic, { budget: maxBytes, unit: 'rawBytes' }, context),
    )
  return { sequence, time }
}

/** First sequence of the newest entries that fit a budget. */
async function sequenceOfNewest(
  shard: Shard,
  topic: Topic,
  { budget, unit }: { readonly budget: number; readonly unit: 'count' | 'rawBytes' },
  context: RewriteContext,
): Promise<number> {
  let left = budget
  for (const { block, run } of topic.parts.toReversed()) {
    if (run[unit] <= left) {
      left -= run[unit]
      continue
    }
    // The cut lies within this block.
    // Kept: the cuts of many topics may lie in one block.
    const decoded = await context.reader.read(shard, block)
    for (let row = decoded.count - 1; row >= 0; row--) {
      if (decoded.topicIdOf(row) !== topic.id || decoded.isRemoved(row)) continue
      left -= unit === 'count' ? 1 : rawBytesOf(decoded.textBytesOf(row).length, decoded.metadataOf(row))
      if (left < 0) return block.firstSequence + row + 1
    }
  }
  return 0
}
