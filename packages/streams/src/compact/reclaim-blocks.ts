import type { Store } from '@forgeone/engine'
import { coldKey, hotKey } from '../shard/keys.ts'
import type { Shard } from '../shard/shard.ts'

/**
 * Gives the room of blocks that were taken out back to the file system. Only the range of sequences concerned is
 * touched, so the cost does not grow with the store.
 */
export async function reclaimBlocks(
  store: Store,
  { database }: Shard,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  await store.reclaim(database, { from: coldKey(from, 0, 0), to: coldKey(to, 0, 0) })
  await store.reclaim(database, { from: hotKey(from), to: hotKey(to) })
}
