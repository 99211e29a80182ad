import { createZstdDecompress, type ZstdDecompress } from 'node:zlib'
import { EMPTY_BYTES } from '@forgeone/common'

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
      const decoder = createZstdDecompress()
      const fed = feedFrame(decoder, input)
      // A decoder that fails ends the loop below with the error that `fed` rejects with as well.
      fed.catch(() => undefined)
      // A zlib stream yields buffers; `Readable` types them as any.
      for await (const chunk of decoder) yield chunk as Uint8Array
      await fed
    }
  } finally {
    await input.close()
  }
}

/** Writes chunk by chunk until the frame ends; what is behind it goes back to the input. */
async function feedFrame(decoder: ZstdDecompress, input: FrameInput): Promise<void> {
  let given = 0
  try {
    for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
      given += chunk.length
      await write(decoder, chunk)
      const unused = given - decoder.bytesWritten
      if (unused > 0) {
        input.putBack(chunk.subarray(chunk.length - unused))
        break
      }
    }
    decoder.end()
  } catch (error) {
    decoder.destroy(error instanceof Error ? error : new Error('the source failed', { cause: error }))
    throw error
  }
}

/** Settles once the decoder has worked through the chunk, which it does only while its output is read. */
async function write(decoder: ZstdDecompress, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    decoder.write(chunk, (error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}

/** Chunks of a source, of which the last may be given back in part. */
class FrameInput {
  readonly #iterator: AsyncIterator<Uint8Array>
  #pending: Uint8Array = EMPTY_BYTES

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** The next bytes, or undefined at the end of the source. */
  async next(): Promise<Uint8Array | undefined> {
    const pending = this.#pending
    this.#pending = EMPTY_BYTES
    if (pending.length > 0) return pending
    const next = await this.#iterator.next()
    return next.done === true ? undefined : next.value
  }

  putBack(bytes: Uint8Array): void {
    this.#pending = bytes
  }

  async hasMore(): Promise<boolean> {
    while (this.#pending.length === 0) {
      const next = await this.next()
      if (next === undefined) return false
      this.#pending = next
    }
    return true
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}
