import { ForgeError, isForgeError } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { ColdSummary, HotSummary, StoredBlockSummary } from '../block/block-summary.ts'
import { ColdBlock } from '../block/cold-block.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { HotBlock } from '../block/hot-block.ts'
import { hasFilters, splitFilters } from '../filter/filters-row.ts'
import { TokenFilter } from '../filter/token-filter.ts'
import { coldKey, filtersKey, hotKey, TABLE_SECTION } from '../shard/keys.ts'
import { SEGMENT_BYTES } from '../shard/segments.ts'
import type { Shard } from '../shard/shard.ts'
import type { BlockCache } from './block-cache.ts'

/** What a look at filters did. */
export interface FilterFigures {
  filtersRead: number
  filtersRejected: number
}

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
  read(shard: Shard, summary: StoredBlockSummary): DecodedBlock {
    const cached = this.#cache.get(shard.database, summary)
    if (cached !== undefined) return cached
    const block = this.readUncached(shard, summary)
    this.#cache.add(shard.database, summary, block)
    return block
  }

  /** One block of many; kept only where there is room, so that a search drops nothing that others use. */
  readInSearch(shard: Shard, summary: StoredBlockSummary): DecodedBlock {
    const cached = this.#cache.get(shard.database, summary)
    if (cached !== undefined) return cached
    const block = this.readUncached(shard, summary)
    this.#cache.addIfRoom(shard.database, summary, block)
    return block
  }

  /** One block of many that are passed once; not kept. @throws STREAM_BLOCK_DAMAGED */
  readOnce(shard: Shard, summary: StoredBlockSummary): DecodedBlock {
    return this.#cache.get(shard.database, summary) ?? this.readUncached(shard, summary)
  }

  /** One block as it is stored now. @throws STREAM_BLOCK_DAMAGED */
  readUncached(shard: Shard, summary: StoredBlockSummary): DecodedBlock {
    return summary.kind === 'hot' ? this.#readHot(shard, summary) : this.#readCold(shard, summary)
  }

  /** The sections of a cold block whose filters do not rule the tokens out. @throws STREAM_BLOCK_DAMAGED */
  sectionsToSearch(
    shard: Shard,
    summary: ColdSummary,
    wanted: { readonly sections: ReadonlySet<number>; readonly tokens: readonly string[] },
    figures: FilterFigures,
  ): ReadonlySet<number> {
    if (wanted.tokens.length === 0) return wanted.sections
    const filters = this.readFilters(shard, summary)
    const left = new Set<number>()
    for (const section of wanted.sections) {
      const filter = filters[section]
      if (filter !== undefined) figures.filtersRead++
      if (filter === undefined || wanted.tokens.every((token) => filter.mayHold(token))) left.add(section)
      else figures.filtersRejected++
    }
    return left
  }

  /** The filters of a block by section; undefined for a section without. @throws STREAM_BLOCK_DAMAGED */
  readFilters(shard: Shard, summary: ColdSummary): readonly (TokenFilter | undefined)[] {
    if (!hasFilters(summary)) return []
    return guard(shard, summary, () => {
      const value = this.#store.getSync(shard.database, filtersKey(summary.firstSequence))
      if (value === undefined) throw damaged(shard, summary, 'lacks its filters')
      return splitFilters(value, summary.sections).map((bytes) =>
        bytes.length === 0 ? undefined : new TokenFilter(bytes),
      )
    })
  }

  #readHot(shard: Shard, summary: HotSummary): HotBlock {
    const value = guard(shard, summary, () =>
      this.#store.getSync(shard.database, hotKey(summary.firstSequence)),
    )
    if (value === undefined) throw damaged(shard, summary, 'is missing')
    const block = guard(shard, summary, () => new HotBlock(value))
    const matches =
      block.firstSequence === summary.firstSequence &&
      block.count === summary.count &&
      block.commitSequence === summary.commitSequence
    if (!matches) throw damaged(shard, summary, 'is not the one its index row names')
    return block
  }

  #readCold(shard: Shard, summary: ColdSummary): ColdBlock {
    const readSection = (section: number): Uint8Array =>
      this.#readSegments(shard, summary, section, summary.sections[section]!.bytes)
    const table = this.#readSegments(shard, summary, TABLE_SECTION, summary.tableBytes)
    const block = guard(shard, summary, () => new ColdBlock({ summary, table, readSection }))
    const first = block.commits[0]!
    const last = block.commits.at(-1)!
    if (first.sequence !== summary.commitSequence || last.sequence !== summary.lastCommitSequence)
      throw damaged(shard, summary, 'is not the one its index row names')
    return block
  }

  #readSegments(shard: Shard, summary: ColdSummary, section: number, bytes: number): Uint8Array {
    return guard(shard, summary, () => {
      const segments: Uint8Array[] = []
      for (let at = 0; at < bytes; at += SEGMENT_BYTES) {
        const key = coldKey(summary.firstSequence, section, segments.length)
        const value = this.#store.getSync(shard.database, key)
        if (value === undefined) throw damaged(shard, summary, 'is missing')
        segments.push(value)
      }
      const whole = segments.length === 1 ? segments[0]! : Buffer.concat(segments)
      if (whole.length !== bytes) throw damaged(shard, summary, 'is not the one its index row names')
      return whole
    })
  }
}

function guard<T>(shard: Shard, summary: StoredBlockSummary, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (isForgeError(cause, 'RECORD_TAMPERED', 'STREAM_BLOCK_DAMAGED', 'DATABASE_DAMAGED'))
      throw damaged(shard, summary, 'cannot be read', cause)
    throw cause
  }
}

function damaged(shard: Shard, summary: StoredBlockSummary, what: string, cause?: unknown): ForgeError {
  const details = { database: shard.database, sequence: summary.firstSequence }
  return new ForgeError(
    'STREAM_BLOCK_DAMAGED',
    `the block at sequence ${summary.firstSequence} of ${shard.database} ${what}`,
    { cause, details },
  )
}
