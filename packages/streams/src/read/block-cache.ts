import type { BlockSummary } from '../block/block-summary.ts'
import type { DecodedBlock } from '../block/decoded-block.ts'

interface Kept {
  readonly summary: BlockSummary
  readonly block: DecodedBlock
  /** As counted. */
  bytes: number
}

/**
 * Decoded blocks by database and first sequence, the least recently used dropped first; bounded by bytes. One cache
 * may serve several streams.
 */
export class BlockCache {
  readonly #maxBytes: number
  readonly #blocks = new Map<string, Kept>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @param summary of today's directory: a block that was rewritten since it was kept is another one */
  get(database: string, summary: BlockSummary): DecodedBlock | undefined {
    const key = `${database} ${summary.firstSequence}`
    const kept = this.#blocks.get(key)
    if (kept === undefined) return undefined
    this.#blocks.delete(key)
    if (kept.summary !== summary) {
      this.#bytes -= kept.bytes
      return undefined
    }
    // A map keeps the order of insertion: taking out and putting back makes it the youngest.
    this.#blocks.set(key, kept)
    this.#recount(kept)
    return kept.block
  }

  /** Keeps a block, at the cost of the oldest ones. */
  add(database: string, summary: BlockSummary, block: DecodedBlock): void {
    const bytes = bytesOf(summary, block)
    if (bytes > this.#maxBytes) return
    const key = `${database} ${summary.firstSequence}`
    const before = this.#blocks.get(key)
    if (before !== undefined) this.#bytes -= before.bytes
    this.#blocks.delete(key)
    this.#blocks.set(key, { summary, block, bytes })
    this.#bytes += bytes
    this.#evict()
  }

  /** Keeps a block only where there is room, so that a long scan drops nothing that others use. */
  addIfRoom(database: string, summary: BlockSummary, block: DecodedBlock): void {
    if (this.#bytes + bytesOf(summary, block) <= this.#maxBytes) this.add(database, summary, block)
  }

  #recount(kept: Kept): void {
    const bytes = bytesOf(kept.summary, kept.block)
    this.#bytes += bytes - kept.bytes
    kept.bytes = bytes
    this.#evict()
  }

  #evict(): void {
    for (const [oldest, dropped] of this.#blocks) {
      if (this.#bytes <= this.#maxBytes) return
      this.#blocks.delete(oldest)
      this.#bytes -= dropped.bytes
    }
  }
}

/** A cold block holds little at first and grows while it is read, so all of its text is counted from the beginning. */
function bytesOf(summary: BlockSummary, block: DecodedBlock): number {
  return Math.max(block.bytes, summary.rawBytes)
}
