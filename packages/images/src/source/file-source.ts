import type { FileHandle } from 'node:fs/promises'
import { MemoryCache } from '@forgeone/cache'
import { ForgeError } from '@forgeone/common'
import { checkedPath } from '../image-arguments.ts'
import type { BlockSource } from './block-source.ts'
import { checkRange } from './checked-range.ts'
import { openSource } from './open-source.ts'

/** Metadata lies in small pieces near each other: what is read with one is there for the next. */
const BLOCK_BYTES = 64 * 1024
const BUFFERS_BYTES = 8 * 1024 * 1024

/** An image in a file or a block device, read and never written. */
export class FileSource implements BlockSource {
  readonly size: number
  readonly #file: FileHandle
  readonly #blocks = new MemoryCache<number, Uint8Array>({
    maxBytes: BUFFERS_BYTES,
    policy: 'lru',
    name: 'image',
  })

  private constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  /** @throws INPUT_NOT_FOUND, IMAGE_UNREADABLE */
  static async open(path: string): Promise<FileSource> {
    const file = await openSource(checkedPath(path))
    try {
      const stat = await file.stat()
      return new FileSource(file, stat.isFile() ? stat.size : await deviceBytes(file))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange({ offset, length, size: this.size })
    if (length > BLOCK_BYTES) return await this.#readFile(offset, length)
    const first = Math.floor(offset / BLOCK_BYTES)
    const last = Math.floor(Math.max(offset, offset + length - 1) / BLOCK_BYTES)
    const start = offset - first * BLOCK_BYTES
    const block = await this.#block(first)
    if (first === last) return whole(block.subarray(start, start + length), length)
    const joined = new Uint8Array(length)
    joined.set(block.subarray(start))
    joined.set((await this.#block(last)).subarray(0, length - (block.length - start)), block.length - start)
    return joined
  }

  async close(): Promise<void> {
    this.#blocks[Symbol.dispose]()
    await this.#file.close()
  }

  async #block(index: number): Promise<Uint8Array> {
    const offset = index * BLOCK_BYTES
    const length = Math.min(BLOCK_BYTES, this.size - offset)
    const block = await this.#blocks.getOrLoad(index, async () => await this.#readFile(offset, length))
    // The loader always gives bytes.
    return block!
  }

  async #readFile(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let done = 0
    // A read may give less than it was asked for.
    while (done < length) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, offset + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return whole(bytes.subarray(0, done), length)
  }
}

function whole(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes
  throw new ForgeError(
    'IMAGE_TRUNCATED',
    `the image was cut while it was read: ${length - bytes.length} bytes are missing`,
  )
}

/** A device tells its size only by where reading ends: searched by halves. */
async function deviceBytes(file: FileHandle): Promise<number> {
  const byte = new Uint8Array(1)
  const isInside = async (offset: number): Promise<boolean> =>
    (await file.read(byte, 0, 1, offset)).bytesRead === 1
  let low = 0
  let high = 2 ** 50
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isInside(middle)) low = middle + 1
    else high = middle
  }
  return low
}
