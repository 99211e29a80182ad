import zlib from 'node:zlib'
import { LEAF_BYTES_MAX } from '../leaf/encode-leaf.ts'
import { TILE_WIDTH } from '../tree/tile-path.ts'
import { LENGTH_BYTES } from './entry-form.ts'

/** What 256 of our longest leaves take: a row that claims more is damaged. */
const ENTRIES_BYTES_MAX: number = TILE_WIDTH * (LEAF_BYTES_MAX + LENGTH_BYTES)
/** Level 1 takes 0.6 µs a leaf for a third of the bytes; level 3 takes half as much again for 1 % less. */
const LEVEL = 1

export function compressEntries(entries: Uint8Array): Uint8Array {
  return zlib.zstdCompressSync(entries, { params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL } })
}

/** @returns undefined when it is no zstd frame, or one that holds more than a bundle can */
export function decompressEntries(compressed: Uint8Array): Uint8Array | undefined {
  try {
    return zlib.zstdDecompressSync(compressed, { maxOutputLength: ENTRIES_BYTES_MAX })
  } catch {
    return undefined
  }
}
