import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MetadataCache } from '@forgeone/cache'
import { ForgeError } from '@forgeone/common'
import { ImageCatalogue } from '@forgeone/images'
import type { CommandContext } from '../../program/command.ts'

/** Disposable: deleting it loses nothing but time. */
const CACHE_FOLDER = 'cache'

/** The metadata cache of the store that the options name. The caller closes it. */
export async function openStoreCache({ store, terminal }: CommandContext): Promise<MetadataCache> {
  const path = store.path()
  const isThere = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isThere) throw new ForgeError('STORE_NOT_FOUND', `there is no store in ${path}`)
  const cache = await MetadataCache.open({ config: { dbPath: join(path, CACHE_FOLDER) } })
  if (cache.mode === 'memory') terminal.note('another process has the cache open: nothing is remembered')
  return cache
}

/** Runs an action with the catalogue of disk images of the store. */
export async function withCatalogue<T>(
  context: CommandContext,
  action: (images: ImageCatalogue, cache: MetadataCache) => Promise<T>,
): Promise<T> {
  await using cache = await openStoreCache(context)
  return await action(new ImageCatalogue({ cache }), cache)
}
