import { eventLoopTurn, ForgeError, utf8Decode, type ObserverStore } from '@forgeone/common'
import { HASH_BYTES, type LeafRange } from '@forgeone/merkle'
import { decompressEntries } from '../bundle/compress-entries.ts'
import { splitEntries } from '../bundle/entry-form.ts'
import { TileNodes } from '../tree/tile-nodes.ts'
import { TILE_WIDTH, tileWidth, type TileId } from '../tree/tile-path.ts'
import type { GrowingLog } from './growing-log.ts'
import type { RecentRows } from './recent-rows.ts'
import { bundleKey, tileKey } from './row-keys.ts'
import { pruned } from '../leaf/pruned-leaf.ts'

/** Decompressed bundles kept: about 80 KiB each. */
const BUNDLES_KEPT = 8

/** Reads leaves and tiles, whether they are in memory or in rows. Nothing below `size` is ever absent. */
export class LogReader {
  readonly #store: ObserverStore
  readonly #growing: GrowingLog
  readonly #recent: RecentRows
  readonly #nodes: TileNodes = new TileNodes((id) => this.tile(id))
  readonly #bundles = new Map<number, Uint8Array>()
  /** Leaves below were pruned. */
  minimumIndex: number

  constructor(o: { store: ObserverStore; growing: GrowingLog; recent: RecentRows; minimumIndex: number }) {
    this.minimumIndex = o.minimumIndex
    this.#store = o.store
    this.#growing = o.growing
    this.#recent = o.recent
  }

  /** @throws AUDIT_INDEX_UNKNOWN, AUDIT_PRUNED, AUDIT_DIVERGED */
  async leaf(index: number): Promise<string> {
    await eventLoopTurn.giveWay()
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.#growing.size)
      throw new ForgeError(
        'AUDIT_INDEX_UNKNOWN',
        `the audit log has ${this.#growing.size} leaves, none ${index}`,
      )
    const open = this.#growing.leaf(index)
    if (open === '') throw diverged(`leaf ${index} of the audit log is lost`, { leaf: index })
    if (open !== undefined) return open
    const entries = await this.entries(Math.floor(index / TILE_WIDTH), TILE_WIDTH)
    return utf8Decode(splitEntries(entries)![index % TILE_WIDTH]!)
  }

  /** The first `width` entries of a bundle, in entry form. @throws AUDIT_PRUNED, AUDIT_DIVERGED */
  async entries(bundle: number, width: number): Promise<Uint8Array> {
    if (bundle === Math.floor(this.#growing.size / TILE_WIDTH)) return this.#growing.openEntries(width)
    if (bundle * TILE_WIDTH < this.minimumIndex) throw pruned(bundle * TILE_WIDTH, this.minimumIndex)
    const known = this.#bundles.get(bundle)
    if (known !== undefined) return known
    const row = await this.#row(bundleKey(bundle))
    const entries = row === undefined ? undefined : decompressEntries(row)
    if (entries === undefined || splitEntries(entries)?.length !== TILE_WIDTH)
      throw diverged(`bundle ${bundle} of the audit log is missing or malformed`, { bundle })
    this.#bundles.set(bundle, entries)
    if (this.#bundles.size > BUNDLES_KEPT) this.#bundles.delete(this.#bundles.keys().next().value!)
    return entries
  }

  /** The first `width` hashes of a tile. @throws AUDIT_DIVERGED */
  async tile(id: {
    readonly level: number
    readonly index: number
    readonly width: number
  }): Promise<Uint8Array> {
    const edge = this.#growing.edgeTile(id)
    if (edge !== undefined) return edge
    const row = await this.#row(tileKey(id))
    if (row?.length !== TILE_WIDTH * HASH_BYTES)
      throw diverged(`tile ${id.level}/${id.index} of the audit log is missing or malformed`, {
        level: id.level,
        tile: id.index,
      })
    return row.subarray(0, id.width * HASH_BYTES)
  }

  /** The hash over each range of leaves of a tree of this size. @throws AUDIT_DIVERGED */
  async hashesOf(ranges: readonly LeafRange[], size: number): Promise<readonly Uint8Array[]> {
    await eventLoopTurn.giveWay()
    return await this.#nodes.hashesOf(ranges, size)
  }

  /** The root of the first `size` leaves, which are at least one. @throws AUDIT_DIVERGED */
  async rootAt(size: number): Promise<Uint8Array> {
    const [root] = await this.hashesOf([{ start: 0, end: size }], size)
    return root!
  }

  async caughtUp(): Promise<void> {
    await this.#store.caughtUp()
  }

  /** A tile or bundle as a file of the layout. @returns undefined when the log has none now @throws AUDIT_DIVERGED */
  async file({ level, index, width }: TileId): Promise<Uint8Array | undefined> {
    await eventLoopTurn.giveWay()
    if (tileWidth({ level, index }, this.#growing.size) < width) return undefined
    if (level !== 'entries') return await this.tile({ level, index, width })
    return index * TILE_WIDTH < this.minimumIndex ? undefined : await this.entries(index, width)
  }

  async #row(key: Uint8Array): Promise<Uint8Array | undefined> {
    const recent = this.#recent.get(key)
    if (recent !== undefined) return recent
    const row = await this.#store.get(key)
    if (row !== undefined) return row
    // It may have left the recent rows while the store was writing it.
    await this.#store.caughtUp()
    return await this.#store.get(key)
  }
}

function diverged(message: string, details: Readonly<Record<string, number>>): ForgeError {
  return new ForgeError('AUDIT_DIVERGED', message, { details })
}
