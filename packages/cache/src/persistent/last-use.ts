import type { MetadataRecords, TableName } from '../table/records.ts'
import type { DiskEntry } from './disk-tier.ts'

const HOUR_MS = 3_600_000

/** A vault's last use is not in its record: a read must not write. */
export function withLastUse<R extends MetadataRecords[TableName]>(
  table: TableName,
  { record, usedBucket }: DiskEntry<R>,
): R {
  // Asked only for entries that have a record.
  const found = record!
  if (table !== 'vaults' || !('cachedAt' in found)) return found
  return { ...found, lastAccessed: Math.max(usedBucket * HOUR_MS, found.cachedAt) }
}
