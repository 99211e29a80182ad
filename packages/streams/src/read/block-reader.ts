import { ForgeError, isForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import { HotBlock } from '../block/hot-block.ts'
import type { BlockSummary } from '../block/hot-index-row.ts'
import { hotKey } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'
import { BlockCache } from './block-cache.ts'

/** Fetches blocks from the store, decodes them, and checks that each is the one its index row promises. */
export class BlockReader {
  readonly #store: Store
  readonly #cache: BlockCache

  constructor(store: Store, { cacheBytes }: { readonly cacheBytes: number }) {
    this.#store = store
    this.#cache = new BlockCache(cacheBytes)
  }

  get cachedBytes(): number {
    return this.#cache.bytes
  }

  /** One block, kept for the next read of it. @throws STREAM_BLOCK_DAMAGED */
  read(shard: Shard, summary: BlockSummary): HotBlock {
    const cached = this.#cache.get(shard.number, summary.firstSequence)
    if (cached !== undefined) return cached
    const value = guard(shard, summary, () => this.#store.getSync(shard.database, hotKey(summary.firstSequence)))
    const block = decode(shard, summary, value)
    this.#cache.add(shard.number, block)
    return block
  }

  /** Several blocks of one shard in one read; not kept, so that a long scan does not empty the cache. */
  async readMany(shard: Shard, summaries: readonly BlockSummary[]): Promise<(() => HotBlock)[]> {
    const missing = summaries.filter((summary) => this.#cache.get(shard.number, summary.firstSequence) === undefined)
    const fetched = new Map<number, Uint8Array | undefined>()
    if (missing.length > 0) {
      try {
        const values = await this.#store.getMany(shard.database, missing.map((summary) => hotKey(summary.firstSequence)))
        for (const [index, summary] of missing.entries()) fetched.set(summary.firstSequence, values[index])
      } catch (cause) {
        // One damaged block must not hide which: the single reads below name it.
        if (!isForgeError(cause, 'RECORD_TAMPERED', 'DATABASE_DAMAGED')) throw cause
      }
    }
    return summaries.map((summary) => () => {
      const value = fetched.get(summary.firstSequence)
      return value === undefined ? this.read(shard, summary) : decode(shard, summary, value)
    })
  }
}

function decode(shard: Shard, summary: BlockSummary, value: Uint8Array | undefined): HotBlock {
  if (value === undefined) throw damaged(shard, summary, 'is missing')
  const block = guard(shard, summary, () => new HotBlock(value))
  const matches =
    block.firstSequence === summary.firstSequence && block.count === summary.count && block.commitSequence === summary.commitSequence
  if (!matches) throw damaged(shard, summary, 'is not the one its index row names')
  return block
}

function guard<T>(shard: Shard, summary: BlockSummary, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (isForgeError(cause, 'RECORD_TAMPERED', 'STREAM_BLOCK_DAMAGED', 'DATABASE_DAMAGED')) throw damaged(shard, summary, 'cannot be read', cause)
    throw cause
  }
}

function damaged(shard: Shard, summary: BlockSummary, what: string, cause?: unknown): ForgeError {
  const details = { database: shard.database, sequence: summary.firstSequence }
  return new ForgeError('STREAM_BLOCK_DAMAGED', `the block at sequence ${summary.firstSequence} of ${shard.database} ${what}`, { cause, details })
}
