import { ByteReader, ByteWriter } from '@forgeone/common'
import { KEYSPACE_GROUP_STATE, KEYSPACE_WAITING } from '../shard/keys.ts'

/** Numbers of a group's rows count up for ever, so no key is ever written twice. */
type NumberedKeyspace = typeof KEYSPACE_GROUP_STATE | typeof KEYSPACE_WAITING

export function stateKey(groupId: number, number: number): Uint8Array {
  return numberedKey(KEYSPACE_GROUP_STATE, groupId, number)
}

export function waitingKey(groupId: number, number: number): Uint8Array {
  return numberedKey(KEYSPACE_WAITING, groupId, number)
}

function numberedKey(keyspace: NumberedKeyspace, groupId: number, number: number): Uint8Array {
  return new ByteWriter(17).u8(keyspace).u64(groupId).u64(number).finish()
}

/** All rows of one group in one keyspace. */
export function numberedRange(
  keyspace: NumberedKeyspace,
  groupId: number,
): { readonly from: Uint8Array; readonly to: Uint8Array } {
  return { from: numberedKey(keyspace, groupId, 0), to: numberedKey(keyspace, groupId + 1, 0) }
}

/** @throws STREAM_BLOCK_DAMAGED when the key is none of a group's rows */
export function parseNumberedKey(key: Uint8Array): { readonly groupId: number; readonly number: number } {
  const from = new ByteReader(key, { code: 'STREAM_BLOCK_DAMAGED', what: 'the key of a group row' })
  from.u8()
  const place = { groupId: from.u64(), number: from.u64() }
  from.end()
  return place
}
