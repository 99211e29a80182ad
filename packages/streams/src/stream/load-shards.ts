import { isForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { Position } from '../entry/position.ts'
import { Shard } from '../shard/shard.ts'
import type { OfflineShard } from '../shard/topic-directory.ts'

/** What makes one shard unreadable, and says nothing of the others. */
export const SHARD_LOST = [
  'DATABASE_OFFLINE',
  'STATE_MISMATCH',
  'DATABASE_DAMAGED',
  'RECORD_TAMPERED',
  'STREAM_BLOCK_DAMAGED',
] as const

/** Loads the directory of every shard; one that is offline or damaged is set aside, the others serve. */
export async function loadShards(
  store: Store,
  o: { readonly name: string; readonly count: number },
): Promise<readonly (Shard | OfflineShard)[]> {
  return await Promise.all(Array.from({ length: o.count }, (_, number) => loadShard(store, o.name, number)))
}

async function loadShard(store: Store, name: string, number: number): Promise<Shard | OfflineShard> {
  const database = `${name}_shard_${number}`
  try {
    return await Shard.load(store, { number, database })
  } catch (error) {
    if (!isForgeError(error, ...SHARD_LOST)) throw error
    return { number, reason: error }
  }
}

/** The last entry of all shards that readers see. */
export function lastPosition(shards: readonly Shard[]): Position | undefined {
  let head: Position | undefined
  for (const shard of shards) {
    const last = shard.blocks.at(-1)
    if (last === undefined) continue
    if (
      head !== undefined &&
      (last.lastCommitSequence < head.commitSequence ||
        (last.lastCommitSequence === head.commitSequence && shard.number < head.shard))
    )
      continue
    head = {
      commitSequence: last.lastCommitSequence,
      shard: shard.number,
      sequence: last.firstSequence + last.count - 1,
    }
  }
  return head
}
