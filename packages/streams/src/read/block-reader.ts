import { ForgeError, isForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { HotBlock } from '../block/hot-block.ts'
import type { BlockSummary } from '../block/hot-index-row.ts'
import { hotKey } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import type { BlockCache } from './block-cache.ts'

/**
 * Fetches blocks from the store, decodes them, and checks that each is the one its index row promises. Reads are
 * synchronous: a block of a thousand entries costs LevelDB less than the promise for it; scans give way in between.
 */
export class BlockReader {
  readonly #store: Store
  readonly #cache: BlockCache

  constructor(store: Store, cache: BlockCache) {
    this.#store = store
    this.#cache = cache
  }

  get cachedBytes(): number {
    return this.#cache.bytes
  }

  /** One block, kept for the next read of it. @throws STREAM_BLOCK_DAMAGED */
  read(shard: Shard, summary: BlockSummary): HotBlock {
    const cached = this.#cache.get(shard.database, summary.firstSequence)
    if (cached !== undefined) return cached
    const block = this.#fetch(shard, summary)
    this.#cache.add(shard.database, block)
    return block
  }

  /** One block of many; kept only where there is room, so that a search drops nothing that others use. */
  readInSearch(shard: Shard, summary: BlockSummary): HotBlock {
    const cached = this.#cache.get(shard.database, summary.firstSequence)
    if (cached !== undefined) return cached
    const block = this.#fetch(shard, summary)
    this.#cache.addIfRoom(shard.database, block)
    return block
  }

  /** One block of many that are passed once; not kept. @throws STREAM_BLOCK_DAMAGED */
  readOnce(shard: Shard, summary: BlockSummary): HotBlock {
    return this.#cache.get(shard.database, summary.firstSequence) ?? this.#fetch(shard, summary)
  }

  /** One block as it is stored now, for a check. @throws STREAM_BLOCK_DAMAGED */
  readUncached(shard: Shard, summary: BlockSummary): HotBlock {
    return this.#fetch(shard, summary)
  }

  #fetch(shard: Shard, summary: BlockSummary): HotBlock {
    const value = guard(shard, summary, () =>
      this.#store.getSync(shard.database, hotKey(summary.firstSequence)),
    )
    return decode(shard, summary, value)
  }
}

function decode(shard: Shard, summary: BlockSummary, value: Uint8Array | undefined): HotBlock {
  if (value === undefined) throw damaged(shard, summary, 'is missing')
  const block = guard(shard, summary, () => new HotBlock(value))
  const matches =
    block.firstSequence === summary.firstSequence &&
    block.count === summary.count &&
    block.commitSequence === summary.commitSequence
  if (!matches) throw damaged(shard, summary, 'is not the one its index row names')
  return block
}

function guard<T>(shard: Shard, summary: BlockSummary, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (isForgeError(cause, 'RECORD_TAMPERED', 'STREAM_BLOCK_DAMAGED', 'DATABASE_DAMAGED'))
      throw damaged(shard, summary, 'cannot be read', cause)
    throw cause
  }
}

function damaged(shard: Shard, summary: BlockSummary, what: string, cause?: unknown): ForgeError {
  const details = { database: shard.database, sequence: summary.firstSequence }
  return new ForgeError(
    'STREAM_BLOCK_DAMAGED',
    `the block at sequence ${summary.firstSequence} of ${shard.database} ${what}`,
    { cause, details },
  )
}
