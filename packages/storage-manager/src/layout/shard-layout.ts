import { ForgeError } from '@forgeone/common'
import type { Layout, StoreFile } from '@forgeone/engine'

/** More shards let more cores and disks share the work; each costs two LevelDB databases. */
export const SHARD_COUNT_DEFAULT = 4

/** @throws STORE_OPTION_MISMATCH when an existing store was created with another shard count or cipher */
export function shardLayout(
  options: { readonly shardCount?: number | undefined; readonly encryption?: string | undefined },
  existing: StoreFile | undefined,
): Layout {
  const stored = existing?.databases.filter((name) => name.startsWith('logs_shard_')).length
  assertSame('shardCount', options.shardCount, stored)
  assertSame('encryption', options.encryption, existing?.suite)
  return { shardCount: stored ?? options.shardCount ?? SHARD_COUNT_DEFAULT }
}

function assertSame(
  option: string,
  asked: string | number | undefined,
  stored: string | number | undefined,
): void {
  if (asked === undefined || stored === undefined || asked === stored) return
  throw new ForgeError(
    'STORE_OPTION_MISMATCH',
    `the store was created with ${option} ${stored}, not ${asked}`,
    { details: { option } },
  )
}
