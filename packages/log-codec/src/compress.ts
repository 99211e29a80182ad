import zlib from 'node:zlib'
import { ForgeError, type ByteReader, type ByteWriter } from '@forgeone/common'
import { damaged } from './damage.ts'

/** Zstd windows are 2^10 bytes at least. */
const WINDOW_BITS_MIN = 10

/** A zstd frame, or the bytes themselves when it would not be shorter. */
export function compress(bytes: Uint8Array, { level }: { level: number }): Uint8Array {
  if (bytes.length === 0) return bytes
  const packed = zlib.zstdCompressSync(bytes, {
    pledgedSrcSize: bytes.length,
    chunkSize: Math.max(1024, Math.ceil(bytes.length / 4)),
    params: {
      [zlib.constants.ZSTD_c_compressionLevel]: level,
      // A repetition is found wherever it is: long distance matching finds fewer in so few bytes.
      [zlib.constants.ZSTD_c_windowLog]: windowBits(bytes.length),
    },
  })
  return packed.length < bytes.length ? packed : bytes
}

/** Enough for all of the bytes, of which there is one at least. */
function windowBits(length: number): number {
  return Math.max(WINDOW_BITS_MIN, 32 - Math.clz32(length - 1))
}

/** What `compress` got, which had `length` bytes. @throws STREAM_BLOCK_DAMAGED */
export function decompress(packed: Uint8Array, length: number): Uint8Array {
  if (packed.length > length) throw damaged(`a column of ${length} bytes`)
  if (packed.length === length) return packed
  let bytes: Uint8Array
  try {
    bytes = zlib.zstdDecompressSync(packed, {
      chunkSize: length + 1024,
      maxOutputLength: length + 1,
      // A frame names the memory that its reader needs: no honest one needs more than its bytes.
      params: {
        [zlib.constants.ZSTD_d_windowLogMax]: windowBits(length),
      },
    })
  } catch (cause) {
    throw new ForgeError('STREAM_BLOCK_DAMAGED', 'a column of a section does not decompress', { cause })
  }
  if (bytes.length !== length) throw damaged('a column of another length than announced')
  return bytes
}

/** `raw length varint | packed length varint | bytes`, as `compress` has them. */
export function writePacked(out: ByteWriter, bytes: Uint8Array, level: number): void {
  const packed = compress(bytes, { level })
  out.varint(bytes.length).varint(packed.length).bytes(packed)
}

/** @param bytesMax what the raw bytes may come to @throws STREAM_BLOCK_DAMAGED */
export function readPacked(from: ByteReader, bytesMax: number): Uint8Array {
  const length = from.varint()
  const packed = from.bytes(from.varint())
  if (length > bytesMax) throw damaged(`a column of ${length} bytes`)
  return decompress(packed, length)
}
