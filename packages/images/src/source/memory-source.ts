import { imageCheck } from '../image-arguments.ts'
import type { BlockSource } from './block-source.ts'
import { checkRange } from './checked-range.ts'

/** An image in memory: for tests, and for images that came from elsewhere. @param image borrowed @throws IMAGE_ARGUMENT_INVALID */
export function memorySource(image: Uint8Array): BlockSource {
  imageCheck.bytes(image, 'image')
  return {
    size: image.length,
    read: async (offset, length) => {
      checkRange({ offset, length, size: image.length })
      return image.subarray(offset, offset + length)
    },
    close: async () => undefined,
  }
}
