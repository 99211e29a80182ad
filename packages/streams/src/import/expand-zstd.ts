import zlib, { type ZstdDecompress } from 'node:zlib'
import { concatBytes, EMPTY_BYTES } from '@forgeone/common'
import { decoded, FED_BYTES, type Feed } from './decoded.ts'

/**
 * Decompresses zstd frames one after another. A decoder of Node stops at the end of its frame and drops the rest of the
 * chunk silently (seen in 24.21), so each frame gets its own decoder and the rest of the chunk goes to the next one.
 * Errors of the source and of the decoder pass unchanged; the source is closed in any case.
 */
export async function* expandZstd(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new FrameInput(source)
  try {
    while (await input.hasMore()) {
      const decoder = zlib.createZstdDecompress()
      yield* decoded(decoder, (feed) => feedFrame(decoder, input, feed))
    }
  } finally {
    await input.close()
  }
}

/** Gives chunk by chunk until the frame ends; what is behind it goes back to the input. */
async function feedFrame(decoder: ZstdDecompress, input: FrameInput, feed: Feed): Promise<void> {
  let given = 0
  for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
    given += chunk.length
    await feed(chunk)
    const unused = given - decoder.bytesWritten
    if (unused > 0) return input.putBack(chunk.subarray(chunk.length - unused))
  }
}

/** Chunks of a source, of which the last may be given back in part. */
class FrameInput {
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

  /** What the last piece ends with was not wanted. */
  putBack(bytes: Uint8Array): void {
    this.#pending = concatBytes([bytes, this.#pending])
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
