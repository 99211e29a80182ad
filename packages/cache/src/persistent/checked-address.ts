import { ArgumentCheck } from '@forgeone/common'
import type { MetadataRecords, TableName } from '../table/records.ts'
import { addressOf, TABLE_NAMES, type RecordAddress } from '../table/tables.ts'
import { checkedPath } from './entry-names.ts'
import { FINGERPRINT_BYTES } from './entry-value.ts'

const check = new ArgumentCheck('CACHE_CONFIG_INVALID')
const UINT32_MAX = 2 ** 32 - 1

/** An address that keys can be made of. @throws CACHE_KEY_TOO_LONG, CACHE_CONFIG_INVALID */
export function checkAddress(address: RecordAddress): void {
  const { vaultId, zoneIndex, path } = check.options(address, ['vaultId', 'zoneIndex', 'path'], 'the address')
  check.text(vaultId, 'vaultId')
  if (zoneIndex !== undefined) check.wholeNumber(zoneIndex, 'zoneIndex', { max: UINT32_MAX })
  if (path !== undefined) checkedPath(check.text(path, 'path'))
}

/** @throws CACHE_CONFIG_INVALID */
export function checkTable(table: TableName): void {
  check.oneOf(table, TABLE_NAMES, 'table')
}

/** Where a record belongs; its own schema looks at the rest of it. @throws CACHE_CONFIG_INVALID */
export function checkedAddressOf<Name extends TableName>(
  table: Name,
  record: MetadataRecords[Name],
): RecordAddress {
  checkTable(table)
  if (typeof record !== 'object' || record === null) throw check.refusal('the record', 'must be an object')
  try {
    return addressOf(table, record)
  } catch (cause) {
    throw check.refusal('the record', 'cannot be read', cause)
  }
}

/** @throws CACHE_CONFIG_INVALID */
export function checkLoader(loader: (...input: never[]) => unknown, options: unknown): void {
  check.callback(loader, 'loader')
  check.signal(check.options(options, ['signal']).signal)
}

/** @throws CACHE_CONFIG_INVALID */
export function checkFlags<const Name extends string>(
  options: unknown,
  names: readonly Name[],
): Readonly<Partial<Record<Name, boolean>>> {
  const members = check.options(options, names)
  const flags: Partial<Record<Name, boolean>> = {}
  for (const name of names) if (members[name] !== undefined) flags[name] = check.isTrue(members[name], name)
  return flags
}

/** @throws CACHE_CONFIG_INVALID */
export function checkFingerprint(fingerprint: Uint8Array): void {
  const { length } = check.bytes(fingerprint, 'fingerprint')
  if (length !== FINGERPRINT_BYTES) throw check.refusal('fingerprint', `must have ${FINGERPRINT_BYTES} bytes`)
}
