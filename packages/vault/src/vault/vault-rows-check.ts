import { isForgeError, type ForgeError } from '@forgeone/common'
import { decodeLease } from '../lease/lease-table.ts'
import { decodeMetadata } from '../secret/secret-metadata.ts'
import { ALL_LEASES, ALL_METADATA, isInRange } from './vault-rows.ts'

/** Why a row of a vault would be set aside when it is loaded; undefined for one that parses. */
export function damagedVaultRow(row: {
  readonly key: Uint8Array
  readonly value: Uint8Array
}): ForgeError | undefined {
  try {
    if (isInRange(row.key, ALL_METADATA)) decodeMetadata(row.value)
    else if (isInRange(row.key, ALL_LEASES)) decodeLease(row.value)
    return undefined
  } catch (error) {
    if (isForgeError(error, 'RECORD_TAMPERED')) return error
    throw error
  }
}
