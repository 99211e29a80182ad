import type { Row } from '@forgeone/engine'
import { decodeLease } from '../lease/lease-table.ts'
import { decodeMetadata } from '../secret/secret-metadata.ts'
import { ALL_LEASES, ALL_METADATA, isInRange } from './vault-rows.ts'

/** @throws RECORD_TAMPERED for a row of a vault that would be set aside when it is loaded */
export function checkVaultRow({ key, value }: Row): void {
  if (isInRange(key, ALL_METADATA)) decodeMetadata(value)
  else if (isInRange(key, ALL_LEASES)) decodeLease(value)
}
