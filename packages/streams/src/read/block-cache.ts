import type { HotBlock } from '../block/hot-block.ts'

/**
 * Decoded blocks by database and first sequence, the least recently used dropped first; bounded by bytes. One cache
 * may serve several streams.
 */
export class BlockCache {
  readonly #maxBytes: number
  readonly #blocks = new Map<string, HotBlock>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(database: string, firstSequence: number): HotBlock | undefined {
    const key = `${database} ${firstSequence}`
    const block = this.#blocks.get(key)
    if (block === undefined) return undefined
    // A map keeps the order of insertion: taking out and putting back makes it the youngest.
    this.#blocks.delete(key)
    this.#blocks.set(key, block)
    return block
  }

  /** Keeps a block, at the cost of the oldest ones. */
  add(database: string, block: HotBlock): void {
    if (block.bytes > this.#maxBytes) return
    const key = `${database} ${block.firstSequence}`
    const before = this.#blocks.get(key)
    if (before !== undefined) this.#bytes -= before.bytes
    this.#blocks.set(key, block)
    this.#bytes += block.bytes
    for (const [oldest, dropped] of this.#blocks) {
      if (this.#bytes <= this.#maxBytes) return
      this.#blocks.delete(oldest)
      this.#bytes -= dropped.bytes
    }
  }

  /** Keeps a block only where there is room, so that a long scan drops nothing that others use. */
  addIfRoom(database: string, block: HotBlock): void {
    if (this.#bytes + block.bytes <= this.#maxBytes) this.add(database, block)
  }
}
