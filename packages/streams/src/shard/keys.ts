import { asBuffer } from '@forgeone/common'

/** First bytes of the keys of a stream's shard. Cold blocks, when they come, take 10 and sort before all else. */
export const KEYSPACE_HOT = 0x20
export const KEYSPACE_HOT_INDEX = 0x21
export const KEYSPACE_TOPIC = 0x40
export const KEYSPACE_CLIENT_ID = 0x50
export const KEYSPACE_IMPORT = 0x53

const SEQUENCE_KEY_BYTES = 9

function sequenceKey(keyspace: number, sequence: number): Uint8Array {
  const key = new Uint8Array(SEQUENCE_KEY_BYTES)
  key[0] = keyspace
  asBuffer(key).writeUInt32BE(Math.floor(sequence / 0x1_0000_0000), 1)
  asBuffer(key).writeUInt32BE(sequence % 0x1_0000_0000, 5)
  return key
}

export function hotKey(firstSequence: number): Uint8Array {
  return sequenceKey(KEYSPACE_HOT, firstSequence)
}

export function hotIndexKey(firstSequence: number): Uint8Array {
  return sequenceKey(KEYSPACE_HOT_INDEX, firstSequence)
}

/** @returns the sequence of a hot or hot index key, undefined for any other key */
export function sequenceOfKey(key: Uint8Array): number | undefined {
  if (key.length !== SEQUENCE_KEY_BYTES) return undefined
  return asBuffer(key).readUInt32BE(1) * 0x1_0000_0000 + asBuffer(key).readUInt32BE(5)
}

export function topicKey(topicId: number): Uint8Array {
  const key = new Uint8Array(5)
  key[0] = KEYSPACE_TOPIC
  asBuffer(key).writeUInt32BE(topicId, 1)
  return key
}

/** A key that hides a name: the keyspace, then 16 bytes of its keyed hash, then `suffix`. */
export function hashedKey(
  keyspace: number,
  hash: Uint8Array,
  suffix: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const key = new Uint8Array(1 + hash.length + suffix.length)
  key[0] = keyspace
  key.set(hash, 1)
  key.set(suffix, 1 + hash.length)
  return key
}

/** All keys of one keyspace. */
export function keyspaceRange(keyspace: number): { from: Uint8Array; to: Uint8Array } {
  return { from: Uint8Array.of(keyspace), to: Uint8Array.of(keyspace + 1) }
}
