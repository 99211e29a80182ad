import { ForgeError, isForgeError, toHex } from '@forgeone/common'
import type { Store } from '@forgeone/engine'
import type { ColdSummary, HotSummary, StoredBlockSummary } from '../block/block-summary.ts'
import { ColdBlock } from '../block/cold-block.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'
import { HotBlock } from '../block/hot-block.ts'
import { hasFilters, splitFilters } from '../filter/filters-row.ts'
import { TokenFilter } from '../filter/token-filter.ts'
import { coldKey, filtersKey, hotKey, TABLE_SECTION } from '../shard/keys.ts'
import { segmentCount } from '../shard/segments.ts'
import type { Shard } from '../shard/shard.ts'
import type { BlockCache } from './block-cache.ts'
import { isLater, whenThere, type Soon } from './soon.ts'

/** What a look at filters did. */
export interface FilterFigures {
  filtersRead: number
  filtersRejected: number
}

/** Looks up a row of a block, among those that were read for it or in the store itself. */
type RowOf = (key: Uint8Array) => Uint8Array | undefined

/**
 * Fetches blocks from the store, decodes them, and checks that each is the one its index row promises. Where the store has
 * synchronous reads, a block is there at once, and a section of it is read when the first of its rows is asked for: a block of a
 * thousand entries costs LevelDB less than the promise for it; scans give way in between. Else all rows of a block are asked for
 * together, and whoever waits for it asks whether the directory still names it.
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
  read(shard: Shard, summary: StoredBlockSummary): Soon<DecodedBlock> {
    const cached = this.#cache.get(shard.database, summary)
    if (cached !== undefined) return cached
    return whenThere(this.readUncached(shard, summary), (block) => {
      this.#cache.add(shard.database, summary, block)
      return block
    })
  }

  /** The block that holds a sequence now; undefined where what was there was removed as a whole. @throws STREAM_BLOCK_DAMAGED */
  readAt(shard: Shard, sequence: number): Soon<DecodedBlock | undefined> {
    const summary = shard.blockOf(sequence)
    if (summary === undefined || summary.kind === 'removed') return undefined
    const block = this.read(shard, summary)
    return isLater(block) ? this.#unlessRewritten(block, { shard, sequence, summary }) : block
  }

  /** One block of many; kept only where there is room, so that a search drops nothing that others use. */
  readInSearch(shard: Shard, summary: StoredBlockSummary): Soon<DecodedBlock> {
    const cached = this.#cache.get(shard.database, summary)
    if (cached !== undefined) return cached
    return whenThere(this.readUncached(shard, summary), (block) => {
      this.#cache.addIfRoom(shard.database, summary, block)
      return block
    })
  }

  /** One block of many that are passed once; not kept. @throws STREAM_BLOCK_DAMAGED */
  readOnce(shard: Shard, summary: StoredBlockSummary): Soon<DecodedBlock> {
    return this.#cache.get(shard.database, summary) ?? this.readUncached(shard, summary)
  }

  /** One block as it is stored now. @throws STREAM_BLOCK_DAMAGED */
  readUncached(shard: Shard, summary: StoredBlockSummary): Soon<DecodedBlock> {
    if (summary.kind === 'hot')
      return this.#withRows(shard, summary, {
        keys: () => [hotKey(summary.firstSequence)],
        make: (rowOf) => hotBlock(shard, summary, rowOf),
      })
    return this.#withRows(shard, summary, {
      keys: () => keysOf(summary),
      make: (rowOf) => coldBlock(shard, summary, rowOf),
    })
  }

  /** The sections of a cold block whose filters do not rule the tokens out. @throws STREAM_BLOCK_DAMAGED */
  sectionsToSearch(
    shard: Shard,
    summary: ColdSummary,
    wanted: { readonly sections: ReadonlySet<number>; readonly tokens: readonly string[] },
    figures: FilterFigures,
  ): Soon<ReadonlySet<number>> {
    if (wanted.tokens.length === 0) return wanted.sections
    return whenThere(this.readFilters(shard, summary), (filters) => {
      const left = new Set<number>()
      for (const section of wanted.sections) {
        const filter = filters[section]
        if (filter !== undefined) figures.filtersRead++
        if (filter === undefined || wanted.tokens.every((token) => filter.mayHold(token))) left.add(section)
        else figures.filtersRejected++
      }
      return left
    })
  }

  /** The filters of a block by section; undefined for a section without. @throws STREAM_BLOCK_DAMAGED */
  readFilters(shard: Shard, summary: ColdSummary): Soon<readonly (TokenFilter | undefined)[]> {
    if (!hasFilters(summary)) return []
    const key = filtersKey(summary.firstSequence)
    return this.#withRows(shard, summary, {
      keys: () => [key],
      make: (rowOf) => filtersOf(shard, summary, rowOf(key)),
    })
  }

  #withRows<Made>(
    shard: Shard,
    summary: StoredBlockSummary,
    o: { readonly keys: () => readonly Uint8Array[]; readonly make: (rowOf: RowOf) => Made },
  ): Soon<Made> {
    const reads = this.#store.synchronousReads
    if (reads === undefined) return this.#withRowsLater(shard, summary, o)
    return guard(shard, summary, () => o.make((key) => reads.getSync(shard.database, key)))
  }

  async #withRowsLater<Made>(
    shard: Shard,
    summary: StoredBlockSummary,
    { keys, make }: { readonly keys: () => readonly Uint8Array[]; readonly make: (rowOf: RowOf) => Made },
  ): Promise<Made> {
    const wanted = keys()
    const values = await this.#store.getMany(shard.database, wanted).catch((cause: unknown) => {
      throw asDamaged(shard, summary, cause)
    })
    const rows = new Map(wanted.map((key, index) => [toHex(key), values[index]]))
    return guard(shard, summary, () => make((key) => rows.get(toHex(key))))
  }

  /** Meanwhile the block may have been put elsewhere, or its entries removed: then it is read where it is now. */
  async #unlessRewritten(
    block: Promise<DecodedBlock>,
    { shard, sequence, summary }: { shard: Shard; sequence: number; summary: StoredBlockSummary },
  ): Promise<DecodedBlock | undefined> {
    try {
      const read = await block
      if (shard.blockOf(sequence) === summary) return read
    } catch (cause) {
      if (shard.blockOf(sequence) === summary) throw cause
    }
    return await this.readAt(shard, sequence)
  }
}

function hotBlock(shard: Shard, summary: HotSummary, rowOf: RowOf): HotBlock {
  const value = rowOf(hotKey(summary.firstSequence))
  if (value === undefined) throw damaged(shard, summary, 'is missing')
  const block = new HotBlock(value)
  const matches =
    block.firstSequence === summary.firstSequence &&
    block.count === summary.count &&
    block.commitSequence === summary.commitSequence
  if (!matches) throw damaged(shard, summary, 'is not the one its index row names')
  return block
}

function coldBlock(shard: Shard, summary: ColdSummary, rowOf: RowOf): ColdBlock {
  const readSection = (section: number): Uint8Array =>
    guard(shard, summary, () => joinSegments(shard, summary, { section, rowOf }))
  const table = readSection(TABLE_SECTION)
  const block = new ColdBlock({ summary, table, readSection })
  const first = block.commits[0]!
  const last = block.commits.at(-1)!
  if (first.sequence !== summary.commitSequence || last.sequence !== summary.lastCommitSequence)
    throw damaged(shard, summary, 'is not the one its index row names')
  return block
}

function filtersOf(
  shard: Shard,
  summary: ColdSummary,
  value: Uint8Array | undefined,
): readonly (TokenFilter | undefined)[] {
  if (value === undefined) throw damaged(shard, summary, 'lacks its filters')
  return splitFilters(value, summary.sections).map((bytes) =>
    bytes.length === 0 ? undefined : new TokenFilter(bytes),
  )
}

function joinSegments(
  shard: Shard,
  summary: ColdSummary,
  { section, rowOf }: { readonly section: number; readonly rowOf: RowOf },
): Uint8Array {
  const bytes = bytesOf(summary, section)
  const segments = segmentKeys(summary, section).map((key) => {
    const value = rowOf(key)
    if (value === undefined) throw damaged(shard, summary, 'is missing')
    return value
  })
  const whole = segments.length === 1 ? segments[0]! : Buffer.concat(segments)
  if (whole.length !== bytes) throw damaged(shard, summary, 'is not the one its index row names')
  return whole
}

/** Of the table and every section that is there. */
function keysOf(summary: ColdSummary): readonly Uint8Array[] {
  const sections = [TABLE_SECTION, ...summary.sections.keys()]
  return sections.flatMap((section) => segmentKeys(summary, section))
}

function segmentKeys(summary: ColdSummary, section: number): readonly Uint8Array[] {
  const count = segmentCount(bytesOf(summary, section))
  return Array.from({ length: count }, (_, segment) => coldKey(summary.firstSequence, section, segment))
}

function bytesOf(summary: ColdSummary, section: number): number {
  return section === TABLE_SECTION ? summary.tableBytes : summary.sections[section]!.bytes
}

function guard<T>(shard: Shard, summary: StoredBlockSummary, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw asDamaged(shard, summary, cause)
  }
}

function asDamaged(shard: Shard, summary: StoredBlockSummary, cause: unknown): unknown {
  // Told already.
  if (isForgeError(cause, 'STREAM_BLOCK_DAMAGED') && 'sequence' in cause.details) return cause
  return isForgeError(cause, 'RECORD_TAMPERED', 'STREAM_BLOCK_DAMAGED', 'DATABASE_DAMAGED')
    ? damaged(shard, summary, 'cannot be read', cause)
    : cause
}

function damaged(shard: Shard, summary: StoredBlockSummary, what: string, cause?: unknown): ForgeError {
  const details = { database: shard.database, sequence: summary.firstSequence }
  return new ForgeError(
    'STREAM_BLOCK_DAMAGED',
    `the block at sequence ${summary.firstSequence} of ${shard.database} ${what}`,
    { cause, details },
  )
}
