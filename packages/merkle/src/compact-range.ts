import { EMPTY_ROOT, HASH_BYTES, hashApartInto, nodeHash, type HashPlace } from './hash.ts'

/** 2^53 leaves at most, so 54 levels. */
const LEVELS_MAX = 54
/** A tile spans this many levels. */
const TILE_HEIGHT = 8

/** Told of every hash that belongs into a tile above level 0: that of a full tile below. Borrowed for the call. */
export type TileHashListener = (tileLevel: number, place: HashPlace) => void

/** The root hashes of the perfect trees that the leaves so far make up: one for each set bit of the size. */
export class CompactRange {
  #size = 0
  readonly #nodes: Uint8Array = new Uint8Array(LEVELS_MAX * HASH_BYTES)
  readonly #carry: HashPlace = { buffer: new Uint8Array(HASH_BYTES), at: 0 }

  /**
   * Continues behind `size` leaves.
   * @param node the hash of the perfect tree with `2^level` leaves at this index; asked once for each set bit
   */
  static restore(size: number, node: (level: number, index: number) => Uint8Array): CompactRange {
    const range = new CompactRange()
    range.#size = size
    let rest = size
    for (let level = 0; rest > 0; level++) {
      if (rest % 2 === 1) range.#nodes.set(node(level, rest - 1), level * HASH_BYTES)
      rest = Math.floor(rest / 2)
    }
    return range
  }

  get size(): number {
    return this.#size
  }

  append(leaf: HashPlace, onTileHash?: TileHashListener): void {
    const carry = this.#carry
    carry.buffer.set(leaf.buffer.subarray(leaf.at, leaf.at + HASH_BYTES))
    let level = 0
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hashApartInto({ buffer: this.#nodes, at: level * HASH_BYTES }, carry, carry)
      level++
      if (level % TILE_HEIGHT === 0) onTileHash?.(level / TILE_HEIGHT, carry)
    }
    this.#nodes.set(carry.buffer, level * HASH_BYTES)
    this.#size++
  }

  /** MTH of RFC 6962 section 2.1 over all leaves. */
  root(): Uint8Array {
    let root: Uint8Array | undefined
    let rest = this.#size
    for (let level = 0; rest > 0; level++) {
      if (rest % 2 === 1) {
        const node = this.#nodes.slice(level * HASH_BYTES, (level + 1) * HASH_BYTES)
        root = root === undefined ? node : nodeHash(node, root)
      }
      rest = Math.floor(rest / 2)
    }
    return root ?? EMPTY_ROOT.slice()
  }

  clone(): CompactRange {
    const copy = new CompactRange()
    copy.#size = this.#size
    copy.#nodes.set(this.#nodes)
    return copy
  }
}
