import type * as recordCodec from '../table/record-codec.ts'
import type * as configCheck from './checked-config.ts'
import { loadPeer } from './load-peer.ts'

/** What checks records and configuration against schemas. Its package is loaded with the first cache that opens. */
export type CheckedRecords = Pick<typeof recordCodec, 'decodeRecord' | 'encodeRecord'> &
  Pick<typeof configCheck, 'checkedConfig'>

/** @throws CACHE_PEER_MISSING */
export async function loadCheckedRecords(): Promise<CheckedRecords> {
  return await loadPeer('zod', async () => {
    const { decodeRecord, encodeRecord } = await import('../table/record-codec.ts')
    const { checkedConfig } = await import('./checked-config.ts')
    return { decodeRecord, encodeRecord, checkedConfig }
  })
}
