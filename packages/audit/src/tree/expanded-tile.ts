import { HASH_BYTES, hashPairInto } from '@forgeone/merkle'
import { TILE_WIDTH } from './tile-path.ts'

/** A tile with the hashes between its level and the next, computed a level at a time when asked for. */
export class ExpandedTile {
  readonly width: number
  readonly #levels: Buffer[]

  /** @param hashes borrowed for the life of the tile */
  constructor(hashes: Uint8Array) {
    this.width = hashes.length / HASH_BYTES
    this.#levels = [Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength)]
  }

  get isFull(): boolean {
    return this.width === TILE_WIDTH
  }

  /** The hash over the `2^height` hashes of the tile that begin at `index * 2^height`; a view. */
  node(height: number, index: number): Uint8Array {
    const level = this.#level(height)
    return level.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
  }

  #level(height: number): Buffer {
    const known = this.#levels[height]
    if (known !== undefined) return known
    const below = this.#level(height - 1)
    const count = Math.floor(below.length / HASH_BYTES / 2)
    const level = Buffer.alloc(count * HASH_BYTES)
    for (let index = 0; index < count; index++) {
      hashPairInto({ buffer: below, at: index * 2 * HASH_BYTES }, { buffer: level, at: index * HASH_BYTES })
    }
    this.#levels[height] = level
    return level
  }
}
