import type { BlockSource } from './block-source.ts'
import { checkRange } from './checked-range.ts'

/** The part of an image that a zone covers. What lies beyond the end of the image is truncated, not an error yet. */
export function zoneSource(
  source: BlockSource,
  { offset, length }: { readonly offset: number; readonly length: number },
): BlockSource {
  const size = Math.max(0, Math.min(length, source.size - offset))
  return {
    size,
    read: async (at, count) => {
      checkRange({ offset: at, length: count, size })
      return await source.read(offset + at, count)
    },
    close: async () => undefined,
  }
}
