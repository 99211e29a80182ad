import { ForgeError } from '@forgeone/common'
import { fitsCommitment } from './commitment.ts'
import type { ShredRecord } from './keyring-document.ts'
import type { MasterKey } from './master-key.ts'
import { WRAP_SUITE_ID } from '../sealing/wrapping.ts'

/**
 * Unwraps the key of a bucket and hands it to `use`, then wipes it.
 * @throws KEYRING_DAMAGED
 */
export function withUnwrappedBucket<T>(
  record: ShredRecord,
  master: MasterKey,
  use: (key: Uint8Array) => T,
): T {
  const { id, bucket, commit } = record
  const key = master.wrapping.unwrap(record)
  try {
    if (key === undefined || !fitsCommitment({ key, kind: 'shred', id, suite: WRAP_SUITE_ID }, commit)) {
      throw new ForgeError('KEYRING_DAMAGED', `the key of shred bucket ${bucket} does not open`)
    }
    return use(key)
  } finally {
    key?.fill(0)
  }
}
