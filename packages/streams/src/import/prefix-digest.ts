import { createHash } from 'node:crypto'

/** SHA-256. */
export const DIGEST_BYTES = 32

/**
 * Digests of the beginnings of a source, at places that become known later than its bytes. Chunks are borrowed until a digest
 * behind them was asked for.
 */
export class PrefixDigest {
  readonly #hash = createHash('sha256')
  #chunks: Uint8Array[] = []
  #hashed = 0
  #bytes = 0

  /** Bytes given so far. */
  get bytes(): number {
    return this.#bytes
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Of the first `offset` bytes, which were given. Offsets never decrease. */
  at(offset: number): Uint8Array {
    while (this.#hashed < offset) {
      const [chunk] = this.#chunks as [Uint8Array]
      const wanted = offset - this.#hashed
      const part = chunk.length <= wanted ? chunk : chunk.subarray(0, wanted)
      this.#hash.update(part)
      this.#hashed += part.length
      if (part === chunk) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    return new Uint8Array(this.#hash.copy().digest())
  }

  /** Passes chunks on and adds each before. */
  async *watch(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.add(chunk)
      yield chunk
    }
  }
}
