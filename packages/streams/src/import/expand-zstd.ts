import zlib, { type ZstdDecompress } from 'node:zlib'
import { decoded, type Feed } from './decoded.ts'
import { FrameInput } from './frame-input.ts'

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
