import { asBuffer } from '@forgeone/common'

/** First bytes of the keys of a stream's shard. Cold blocks sort first: they grow upward and are never moved. */
export const KEYSPACE_COLD = 0x10
export const KEYSPACE_HOT = 0x20
export const KEYSPACE_HOT_INDEX = 0x21
export const KEYSPACE_COLD_INDEX = 0x30
export const KEYSPACE_FILTER = 0x31
export const KEYSPACE_REMOVED = 0x32
export const KEYSPACE_TOPIC = 0x40
export const KEYSPACE_RETENTION = 0x42
export const KEYSPACE_CLIENT_ID = 0x50
export const KEYSPACE_IDEMPOTENCY = 0x51
export const KEYSPACE_IMPORT = 0x53
export const KEYSPACE_IDEMPOTENCY_EXPIRY = 0x54
export const KEYSPACE_GROUP = 0x60
export const KEYSPACE_GROUP_STATE = 0x61
export const KEYSPACE_WAITING = 0x62
export const KEYSPACE_CHECKPOINT = 0x70

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

/** The number of the block table, which takes the place of a section. */
export const TABLE_SECTION = 0xffff

/** A piece of a section, or of the table of a cold block. */
export function coldKey(firstSequence: number, section: number, segment: number): Uint8Array {
  const key = new Uint8Array(SEQUENCE_KEY_BYTES + 3)
  key.set(sequenceKey(KEYSPACE_COLD, firstSequence))
  asBuffer(key).writeUInt16BE(section, SEQUENCE_KEY_BYTES)
  key[SEQUENCE_KEY_BYTES + 2] = segment
  return key
}

export function coldIndexKey(firstSequence: number): Uint8Array {
  return sequenceKey(KEYSPACE_COLD_INDEX, firstSequence)
}

export function filtersKey(firstSequence: number): Uint8Array {
  return sequenceKey(KEYSPACE_FILTER, firstSequence)
}

export function removedKey(firstSequence: number): Uint8Array {
  return sequenceKey(KEYSPACE_REMOVED, firstSequence)
}

/** @returns the sequence of a hot or index key, undefined for any other key */
export function sequenceOfKey(key: Uint8Array): number | undefined {
  if (key.length !== SEQUENCE_KEY_BYTES) return undefined
  return asBuffer(key).readUInt32BE(1) * 0x1_0000_0000 + asBuffer(key).readUInt32BE(5)
}

/** @returns the sequence of any key that belongs to a block, undefined for a key too short to have one */
export function blockSequenceOfKey(key: Uint8Array): number | undefined {
  return key.length < SEQUENCE_KEY_BYTES ? undefined : sequenceOfKey(key.subarray(0, SEQUENCE_KEY_BYTES))
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
