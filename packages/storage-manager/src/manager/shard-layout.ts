import { ForgeError } from '@forgeone/common'
import type { StoreFile } from '@forgeone/engine'
import { streamDatabases } from '@forgeone/streams'
import { AUDIT_DATABASE, SYSTEM_DATABASE, VAULT_DATABASE } from './database-names.ts'
import { SHARD_COUNT_DEFAULT, type ForgeOptions } from './forge-options.ts'

/** The databases of a store and how many shards each stream has. */
export interface ShardLayout {
  readonly shardCount: number
  readonly databases: readonly string[]
}

/** @throws STORE_OPTION_MISMATCH when an existing store was created with another shard count or cipher */
export function shardLayout(options: ForgeOptions, existing: StoreFile | undefined): ShardLayout {
  const stored = existing?.databases.filter((name) => name.startsWith('logs_shard_')).length
  const shardCount = stored ?? options.shardCount ?? SHARD_COUNT_DEFAULT
  assertSame('shardCount', options.shardCount, stored)
  assertSame('encryption', options.encryption, existing?.suite)
  const databases = [
    SYSTEM_DATABASE,
    AUDIT_DATABASE,
    VAULT_DATABASE,
    ...streamDatabases('logs', shardCount),
    ...streamDatabases('events', shardCount),
  ]
  return { shardCount, databases }
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
