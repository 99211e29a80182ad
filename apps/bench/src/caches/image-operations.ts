import { MetadataCache } from '@forgeone/cache/persistent'
import { ImageCatalogue } from '@forgeone/images'

export type ImageOperationName = 'zones' | 'listing' | 'hash'

type ImageOperation = (images: ImageCatalogue, image: string) => Promise<{ readonly isCached: boolean }>

/** What is asked about an image. */
export const IMAGE_OPERATIONS: Readonly<Record<ImageOperationName, ImageOperation>> = {
  zones: async (images, image) => await images.zones(image),
  listing: async (images, image) => await images.list(image, { zoneIndex: 0, path: 'LISTED' }),
  hash: async (images, image) => await images.digests(image),
}

/** Times an action in a cache opened anew; opening it is not counted. */
export async function timedInOpenedCache<T>(
  dbPath: string,
  action: (images: ImageCatalogue) => Promise<T>,
): Promise<{ readonly ms: number; readonly result: T }> {
  await using cache = await MetadataCache.open({ config: { dbPath } })
  const images = new ImageCatalogue({ cache })
  const startedMs = performance.now()
  const result = await action(images)
  return { ms: performance.now() - startedMs, result }
}
