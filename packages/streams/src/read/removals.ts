import { isForgeError } from '@forgeone/common'
import { isDropped, type RunSummary } from '../block/block-summary.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import type { Shard } from '../shard/shard.ts'
import type { BlockReader } from './block-reader.ts'
import { isLater, type Soon } from './soon.ts'

/**
 * Tells copies of entries whether these are still in the log. Whoever holds a copy across an await remembers `count`
 * from before it was read, and asks `isThere` before it is given away once the count is another: so nothing that was
 * removed comes out of what was read before.
 */
export class Removals {
  readonly #reader: BlockReader
  readonly #listeners = new Set<() => Promise<void>>()
  #count = 0

  constructor(reader: BlockReader) {
    this.#reader = reader
  }

  /** Grows with each removal, before the removal settles. */
  get count(): number {
    return this.#count
  }

  /** Told by whoever removes entries, once the directory lacks them. */
  async note(): Promise<void> {
    this.#count++
    await Promise.all([...this.#listeners].map(async (listener) => await listener()))
  }

  /** Calls a listener after each removal, which settles when the listener is done. */
  watch(listener: () => Promise<void>): void {
    this.#listeners.add(listener)
  }

  isThere(shard: Shard, sequence: number): Soon<boolean> {
    const summary = shard.blockOf(sequence)
    if (summary === undefined || summary.kind === 'removed') return false
    const runs: readonly RunSummary[] = summary.runs
    const live = runs.filter((run) => shard.topics.has(run.topicId) && !isDropped(summary, run))
    if (live.length === 0) return false
    // Only hot blocks and whole cold ones have all their sequences in live runs; what is left out is a run by itself.
    if (live.length === runs.length) return true
    try {
      const block = this.#reader.readAt(shard, sequence)
      if (!isLater(block)) return isInBlock(block, shard, sequence)
      return block.then((there) => isInBlock(there, shard, sequence)).catch(cannotTell)
    } catch (cause) {
      return cannotTell(cause)
    }
  }
}

function isInBlock(block: DecodedBlock | undefined, shard: Shard, sequence: number): boolean {
  if (block === undefined) return false
  const row = sequence - block.firstSequence
  return shard.topics.has(block.topicIdOf(row)) && !block.isRemoved(row)
}

/** What cannot be told is not given away. */
function cannotTell(cause: unknown): false {
  if (isForgeError(cause, 'STREAM_BLOCK_DAMAGED', 'DATABASE_OFFLINE', 'STORE_CLOSED')) return false
  throw cause
}
