import zlib from 'node:zlib'
import { decoded } from './decoded.ts'
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
      yield* decoded(decoder, (feed) => input.feedTo(decoder, feed))
    }
  } finally {
    await input.close()
  }
}
