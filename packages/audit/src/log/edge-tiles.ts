import { HASH_BYTES, type HashPlace } from '@forgeone/merkle'
import { TILE_WIDTH } from '../tree/tile-path.ts'

/** The last tile of a level, not yet full. */
interface EdgeTile {
  /** Of this tile on its level. */
  index: number
  width: number
  readonly hashes: Buffer
}

/** A tile that became full; its bytes are owned by whoever is told. */
export interface FullTile {
  readonly level: number
  readonly index: number
  readonly bytes: Uint8Array
}

/** The partial tiles at the right edge of the tree, one a level. */
export class EdgeTiles {
  readonly #tiles: EdgeTile[] = []

  /** @param widths hashes of the edge tile of each level, from level 0 */
  static restore(size: number, levels: readonly Uint8Array[]): EdgeTiles {
    const edge = new EdgeTiles()
    for (const [level, hashes] of levels.entries()) {
      const index = Math.floor(Math.floor(size / TILE_WIDTH ** level) / TILE_WIDTH)
      const tile = edge.#tile(level)
      tile.index = index
      tile.width = hashes.length / HASH_BYTES
      tile.hashes.set(hashes)
    }
    return edge
  }

  /** @returns the tile, when this hash made it full */
  push(level: number, { buffer, at }: HashPlace): FullTile | undefined {
    const tile = this.#tile(level)
    tile.hashes.set(buffer.subarray(at, at + HASH_BYTES), tile.width * HASH_BYTES)
    tile.width++
    if (tile.width < TILE_WIDTH) return undefined
    const full = { level, index: tile.index, bytes: new Uint8Array(tile.hashes) }
    tile.index++
    tile.width = 0
    return full
  }

  /** The hashes of the edge tile. @returns undefined when the edge of that level is elsewhere, or narrower */
  hashes({ level, index, width }: { level: number; index: number; width: number }): Uint8Array | undefined {
    const tile = this.#tiles[level]
    if (tile === undefined || tile.index !== index || tile.width < width) return undefined
    return new Uint8Array(tile.hashes.subarray(0, width * HASH_BYTES))
  }

  /** All edge tiles, from level 0; views that the next push changes. */
  levels(): readonly Uint8Array[] {
    return this.#tiles.map(({ hashes, width }) => hashes.subarray(0, width * HASH_BYTES))
  }

  #tile(level: number): EdgeTile {
    while (this.#tiles.length <= level)
      this.#tiles.push({ index: 0, width: 0, hashes: Buffer.alloc(TILE_WIDTH * HASH_BYTES) })
    return this.#tiles[level]!
  }
}
