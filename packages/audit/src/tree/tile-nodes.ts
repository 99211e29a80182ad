import { hashOfRange, nodesOfRange, type LeafRange, type NodeId } from '@forgeone/merkle'
import { ExpandedTile } from './expanded-tile.ts'
import { TILE_WIDTH } from './tile-path.ts'

const TILE_HEIGHT = 8
/** 16 KiB each when expanded: 1 MiB. The upper tiles of a log are few and asked for by every proof. */
export const EXPANDED_TILES_MAX = 64

/** Gives the hashes of a tile: at least the first `width`, or all of a full tile. */
export type ReadTile = (id: {
  readonly level: number
  readonly index: number
  readonly width: number
}) => Promise<Uint8Array>

interface TilePlace {
  readonly level: number
  readonly index: number
}

/** Computes hashes of a tree from its tiles, and keeps the full tiles that it expanded last. */
export class TileNodes {
  readonly #readTile: ReadTile
  readonly #expanded = new Map<string, ExpandedTile>()

  constructor(readTile: ReadTile) {
    this.#readTile = readTile
  }

  /** The hash over each range of leaves; all lie below a size that the tiles cover. */
  async hashesOf(ranges: readonly LeafRange[], size: number): Promise<readonly Uint8Array[]> {
    const lookup = await this.#load(ranges.flatMap(nodesOfRange), size)
    return ranges.map((range) => new Uint8Array(hashOfRange(range, lookup)))
  }

  async #load(nodes: readonly NodeId[], size: number): Promise<(id: NodeId) => Uint8Array> {
    const tiles = new Map<string, ExpandedTile>()
    for (const node of nodes) {
      const place = tileOf(node)
      const name = `${place.level}/${place.index}`
      if (!tiles.has(name)) tiles.set(name, await this.#tile(name, place, size))
    }
    return (node) => {
      const place = tileOf(node)
      const perTile = 2 ** (TILE_HEIGHT - (node.level % TILE_HEIGHT))
      const tile = tiles.get(`${place.level}/${place.index}`)!
      return tile.node(node.level % TILE_HEIGHT, node.index % perTile)
    }
  }

  async #tile(name: string, { level, index }: TilePlace, size: number): Promise<ExpandedTile> {
    const known = this.#expanded.get(name)
    if (known !== undefined) {
      // The map keeps the order of insertion: the last used moves to the end.
      this.#expanded.delete(name)
      this.#expanded.set(name, known)
      return known
    }
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH)
    const tile = new ExpandedTile(await this.#readTile({ level, index, width }))
    if (tile.isFull) this.#keep(name, tile)
    return tile
  }

  #keep(name: string, tile: ExpandedTile): void {
    this.#expanded.set(name, tile)
    if (this.#expanded.size <= EXPANDED_TILES_MAX) return
    for (const oldest of this.#expanded.keys()) {
      this.#expanded.delete(oldest)
      return
    }
  }
}

function tileOf({ level, index }: NodeId): TilePlace {
  const perTile = 2 ** (TILE_HEIGHT - (level % TILE_HEIGHT))
  return { level: Math.floor(level / TILE_HEIGHT), index: Math.floor(index / perTile) }
}
