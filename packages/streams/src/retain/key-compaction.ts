import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { canonicalJson, ForgeError, type JsonValue } from '@forgeone/common'
import type { DecodedBlock } from '../block/decoded-block.ts'
import type { RewriteContext } from '../compact/rewrite-blocks.ts'
import type { Shard } from '../shard/shard.ts'
import type { Topic } from '../shard/topic.ts'
import type { RemovalRule } from './removal.ts'
import { SequenceSet } from './sequence-set.ts'

/** What is young is left alone: readers that follow closely see every entry. */
export const COMPACT_KEYS_YOUNG_MS = 600_000
/** A tombstone stays so long, for readers to learn of the deletion. */
export const TOMBSTONE_MS = 86_400_000
/** Keys of one topic that are held in memory while it is compacted. */
export const COMPACT_KEYS_MAX = 1_000_000

/** Longer ones are remembered by their digest. */
const KEY_CHARS_MAX = 64

/**
 * The entries of a topic that a later one of the same key replaced. The key is the value at a JSON pointer into
 * `{ payload, metadata }`; an entry without one is kept. A payload of `null` is a tombstone: the last one of a key goes
 * too once it is `TOMBSTONE_MS` old.
 * @throws STREAM_LIMIT when the topic has too many keys
 */
export async function keyCompactionRule(
  shard: Shard,
  topic: Topic,
  o: {
    readonly pointer: string
    readonly now: number
    readonly context: RewriteContext
    readonly signal?: AbortSignal | undefined
  },
): Promise<RemovalRule> {
  const path = pathOf(o.pointer)
  const lastOfKey = new Map<string, { sequence: number; isTombstone: boolean; time: number }>()
  const superseded = new SequenceSet()
  for (const { block } of topic.parts.slice()) {
    o.signal?.throwIfAborted()
    await nextTurn()
    const decoded = await o.context.reader.readOnce(shard, block)
    for (let row = 0; row < decoded.count; row++) {
      if (decoded.topicIdOf(row) !== topic.id || decoded.isRemoved(row)) continue
      const key = keyOf(decoded, row, path)
      if (key === undefined) continue
      const sequence = decoded.firstSequence + row
      const before = lastOfKey.get(key)
      if (before !== undefined && before.time <= o.now - COMPACT_KEYS_YOUNG_MS)
        superseded.add(before.sequence)
      if (before === undefined && lastOfKey.size >= COMPACT_KEYS_MAX)
        throw new ForgeError(
          'STREAM_LIMIT',
          `a topic with more than ${COMPACT_KEYS_MAX} keys is not compacted`,
        )
      const isTombstone = decoded.textKindOf(row) === 'json' && decoded.textOf(row) === 'null'
      lastOfKey.set(key, { sequence, isTombstone, time: decoded.commitTimeOf(row) })
    }
  }
  for (const { sequence, isTombstone, time } of lastOfKey.values())
    if (isTombstone && time <= o.now - TOMBSTONE_MS) superseded.add(sequence)
  return {
    affects: (_, run) => (run.topicId === topic.id && superseded.size > 0 ? 'part' : 'none'),
    keeps: (topicId, sequence) => topicId !== topic.id || !superseded.has(sequence),
  }
}

function keyOf(block: DecodedBlock, row: number, path: readonly string[]): string | undefined {
  const metadata = block.metadataOf(row)
  // Both were written by us as canonical JSON.
  let value: JsonValue | undefined = {
    payload: block.textKindOf(row) === 'json' ? (JSON.parse(block.textOf(row)) as JsonValue) : null,
    metadata: metadata === undefined ? {} : (JSON.parse(metadata) as JsonValue),
  }
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    if (!Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, JsonValue>>)[name]
  }
  if (value === null) return undefined
  const text = canonicalJson(value, { code: 'STREAM_VALUE_INVALID', what: 'a key' })
  // Keys are bounded by their number: a digest begins like no JSON does.
  return text.length <= KEY_CHARS_MAX ? text : `h${createHash('sha256').update(text).digest('base64')}`
}

/** RFC 6901. */
function pathOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
