import { concatBytes, EMPTY_BYTES, ForgeError } from '@forgeone/common'
import { FED_BYTES, type Feed } from './decoded.ts'

/** Chunks of a source, of which the last may be given back in part. */
export class FrameInput {
  readonly #iterator: AsyncIterator<Uint8Array>
  #pending: Uint8Array = EMPTY_BYTES

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** The next bytes, not many, or undefined at the end of the source. */
  async next(): Promise<Uint8Array | undefined> {
    if (!(await this.hasMore())) return undefined
    const pending = this.#pending
    this.#pending = pending.subarray(FED_BYTES)
    return pending.subarray(0, FED_BYTES)
  }

  /** So many bytes. @throws STREAM_BLOCK_DAMAGED when the source ends before */
  async take(count: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for (let left = count; left > 0;) {
      const chunk = await this.next()
      if (chunk === undefined)
        throw new ForgeError('STREAM_BLOCK_DAMAGED', 'the compressed data ends too early')
      const taken = chunk.subarray(0, left)
      if (taken.length < chunk.length) this.putBack(chunk.subarray(left))
      pieces.push(taken)
      left -= taken.length
    }
    return pieces.length === 1 ? pieces[0]! : concatBytes(pieces)
  }

  /**
   * Gives piece by piece until the decoder wants no more, since its frame has ended; what is behind that stays here.
   * @param decoder says how many bytes it has worked through
   */
  async feedTo(decoder: { readonly bytesWritten: number }, feed: Feed): Promise<void> {
    let given = 0
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
      given += chunk.length
      await feed(chunk)
      const unused = given - decoder.bytesWritten
      if (unused > 0) return this.putBack(chunk.subarray(chunk.length - unused))
    }
  }

  /** What the last piece ends with was not wanted. */
  putBack(bytes: Uint8Array): void {
    const { buffer, byteOffset, length } = bytes
    const pending = this.#pending
    const isBefore = pending.buffer === buffer && byteOffset + length === pending.byteOffset
    this.#pending = isBefore
      ? new Uint8Array(buffer, byteOffset, length + pending.length)
      : concatBytes([bytes, pending])
  }

  async hasMore(): Promise<boolean> {
    while (this.#pending.length === 0) {
      const next = await this.#iterator.next()
      if (next.done === true) return false
      this.#pending = next.value
    }
    return true
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}
