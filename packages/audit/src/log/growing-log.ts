import { assert, type ObserverRow } from '@forgeone/common'
import { CompactRange, HASH_BYTES, hashPrefixedLeafInto, type HashPlace } from '@forgeone/merkle'
import { compressEntries } from '../bundle/compress-entries.ts'
import { OpenBundle } from '../bundle/open-bundle.ts'
import { ExpandedTile } from '../tree/expanded-tile.ts'
import { TILE_WIDTH } from '../tree/tile-path.ts'
import { EdgeTiles, type FullTile } from './edge-tiles.ts'
import { bundleKey, tileKey } from './row-keys.ts'

const TILE_HEIGHT = 8

/** Takes leaves one after the other; holds what is not yet in rows, and gives a row for each bundle and tile that is full. */
export class GrowingLog {
  readonly #bundle = new OpenBundle()
  readonly #leaf: HashPlace = { buffer: Buffer.alloc(HASH_BYTES), at: 0 }
  #edge = new EdgeTiles()
  #range = new CompactRange()

  /**
   * Continues behind `size` leaves.
   * @param o.levels the edge tiles from level 0
   * @param o.leaves those of the open bundle
   */
  static restore(o: {
    readonly size: number
    readonly levels: readonly Uint8Array[]
    readonly leaves: readonly string[]
  }): GrowingLog {
    const log = new GrowingLog()
    for (const text of o.leaves) {
      log.#bundle.append(text)
      log.#bundle.seal()
    }
    log.#edge = EdgeTiles.restore(o.size, o.levels)
    const expanded = o.levels.map((hashes) => new ExpandedTile(hashes))
    log.#range = CompactRange.restore(o.size, (level, index) => {
      const height = level % TILE_HEIGHT
      const perTile = 2 ** (TILE_HEIGHT - height)
      return expanded[Math.floor(level / TILE_HEIGHT)]!.node(height, index % perTile)
    })
    return log
  }

  get size(): number {
    return this.#range.size
  }

  root(): Uint8Array {
    return this.#range.root()
  }

  /** Appends the rows that became complete to `rows`. */
  append(text: string, rows: ObserverRow[]): void {
    assert(!this.#bundle.isFull, 'a full bundle was cleared')
    const index = this.size
    hashPrefixedLeafInto(this.#bundle.append(text), this.#leaf)
    this.#bundle.seal()
    if (this.#bundle.isFull) {
      const value = compressEntries(this.#bundle.view())
      rows.push({ key: bundleKey(Math.floor(index / TILE_WIDTH)), value })
      this.#bundle.clear()
    }
    this.#keep(this.#edge.push(0, this.#leaf), rows)
    this.#range.append(this.#leaf, (level, place) => this.#keep(this.#edge.push(level, place), rows))
  }

  /** The leaf at an index of the open bundle. @returns undefined elsewhere */
  leaf(index: number): string | undefined {
    return index < this.bundleStart ? undefined : this.#bundle.leaf(index - this.bundleStart)
  }

  /** Index of the first leaf of the open bundle. */
  get bundleStart(): number {
    return this.size - this.#bundle.count
  }

  /** The first `count` entries of the open bundle, in entry form; a copy. */
  openEntries(count: number = this.#bundle.count): Uint8Array {
    return new Uint8Array(this.#bundle.view(count))
  }

  /** The edge tiles, from level 0; views that the next leaf changes. */
  edgeLevels(): readonly Uint8Array[] {
    return this.#edge.levels()
  }

  /** @returns undefined when that tile is in a row, or has fewer hashes */
  edgeTile(id: { level: number; index: number; width: number }): Uint8Array | undefined {
    return this.#edge.hashes(id)
  }

  #keep(full: FullTile | undefined, rows: ObserverRow[]): void {
    if (full !== undefined) rows.push({ key: tileKey(full), value: full.bytes })
  }
}
