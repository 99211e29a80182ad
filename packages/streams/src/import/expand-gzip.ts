import { crc32, createInflateRaw } from 'node:zlib'
import { ForgeError } from '@forgeone/common'
import { decoded } from './decoded.ts'
import { FrameInput } from './frame-input.ts'

/** RFC 1952 2.3.1: two bytes, then 8 for deflate, the one method there is. */
export const GZIP_MAGIC: Uint8Array = Uint8Array.of(0x1f, 0x8b, 0x08)
const HEADER_BYTES = 10
const TRAILER_BYTES = 8
/** Flags of the header: what follows it. */
const HAS_CHECKSUM = 2
const HAS_EXTRA = 4
const HAS_NAME = 8
const HAS_COMMENT = 16
/** Of names and comments, which have no length: who reads them must stop somewhere. */
const TEXT_BYTES_MAX = 64 * 1024

/**
 * Decompresses gzip members one after another (RFC 1952), and zeros that pad the end. The decoder of Node for gzip takes
 * everything behind a member for the next one, and drops what it had of the piece when that is none; here what is behind the
 * last member fails behind all that was whole.
 * @throws STREAM_BLOCK_DAMAGED for what is no member, or whose checksum is another; errors of source and decoder pass unchanged
 */
export async function* expandGzip(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new FrameInput(source)
  try {
    for (let isFirst = true; await hasMember(input, isFirst); isFirst = false) {
      await passHeader(input)
      const decoder = createInflateRaw()
      let checksum = 0
      let length = 0
      for await (const bytes of decoded(decoder, (feed) => input.feedTo(decoder, feed))) {
        checksum = crc32(bytes, checksum)
        length += bytes.length
        yield bytes
      }
      const { buffer, byteOffset } = await input.take(TRAILER_BYTES)
      const trailer = new DataView(buffer, byteOffset, TRAILER_BYTES)
      if (trailer.getUint32(0, true) !== checksum || trailer.getUint32(4, true) !== length % 2 ** 32)
        throw damaged('another checksum')
    }
  } finally {
    await input.close()
  }
}

function damaged(reason: string): ForgeError {
  return new ForgeError('STREAM_BLOCK_DAMAGED', `a gzip member has ${reason}`)
}

/** Zeros may pad the end, for tapes; anything else behind a member is the next one. */
async function hasMember(input: FrameInput, isFirst: boolean): Promise<boolean> {
  if (isFirst) return await input.hasMore()
  for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
    const at = chunk.findIndex((byte) => byte !== 0)
    if (at === -1) continue
    input.putBack(chunk.subarray(at))
    return true
  }
  return false
}

async function passHeader(input: FrameInput): Promise<void> {
  const header = await input.take(HEADER_BYTES)
  if (!GZIP_MAGIC.every((byte, at) => header[at] === byte)) throw damaged('no header')
  const flags = header[3]!
  if ((flags & HAS_EXTRA) !== 0) {
    const [low, high] = await input.take(2)
    await input.take(low! + high! * 256)
  }
  for (const flag of [HAS_NAME, HAS_COMMENT]) if ((flags & flag) !== 0) await passText(input)
  if ((flags & HAS_CHECKSUM) !== 0) await input.take(2)
}

async function passText(input: FrameInput): Promise<void> {
  for (let length = 0; length <= TEXT_BYTES_MAX; length++) if ((await input.take(1))[0] === 0) return
  throw damaged('a name without an end')
}
