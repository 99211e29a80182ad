import { TILE_WIDTH } from '../tree/tile-path.ts'
import { LENGTH_BYTES } from './entry-form.ts'

/** Leaves of the usual kind; grows for longer ones. */
const INITIAL_BYTES = 256 * 384

/** The leaves since the last full bundle, in entry form, in memory until they are 256. */
export class OpenBundle {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  #length = 0
  #ends: number[] = []

  get count(): number {
    return this.#ends.length
  }

  get isFull(): boolean {
    return this.count === TILE_WIDTH
  }

  /**
   * Appends a leaf.
   * @returns its bytes behind one byte that the caller may overwrite, as RFC 6962 hashes it; valid until the next call
   */
  append(text: string): Buffer {
    const start = this.#length
    this.#reserve(LENGTH_BYTES + text.length * 3)
    const length = this.#bytes.write(text, start + LENGTH_BYTES, 'utf8')
    this.#length = start + LENGTH_BYTES + length
    this.#ends.push(this.#length)
    this.#bytes.writeUInt16BE(length, start)
    // The low byte of the length gives way to the prefix of the hash and is put back by `seal`.
    return this.#bytes.subarray(start + 1, this.#length)
  }

  /** Puts the last length back after the bytes from `append` were hashed. */
  seal(): void {
    const start = this.#ends.at(-2) ?? 0
    this.#bytes.writeUInt16BE(this.#length - start - LENGTH_BYTES, start)
  }

  /** The leaf at this place of the bundle. @returns undefined behind the last */
  leaf(position: number): string | undefined {
    const end = this.#ends[position]
    if (end === undefined) return undefined
    const start = position === 0 ? 0 : this.#ends[position - 1]!
    return this.#bytes.toString('utf8', start + LENGTH_BYTES, end)
  }

  /** The first `count` entries; valid until the next change. */
  view(count: number = this.count): Uint8Array {
    return this.#bytes.subarray(0, count === 0 ? 0 : this.#ends[count - 1]!)
  }

  clear(): void {
    this.#length = 0
    this.#ends = []
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
