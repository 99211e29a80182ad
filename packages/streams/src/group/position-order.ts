import { ByteReader, ByteWriter } from '@forgeone/common'
import type { Position } from '../entry/position.ts'

/** Before every entry: the first commit of a store is its creation and has none. */
export const LOG_START: Position = { commitSequence: 0, shard: 0, sequence: 0 }

/** Above every shard and sequence: an id holds 8 and 40 bits of them. */
const SHARD_END = 255
const SEQUENCE_END = 2 ** 48 - 1

/** The greatest position below one: what a scan starts after in order to find it. */
export function before({ commitSequence, shard, sequence }: Position): Position {
  if (sequence > 0) return { commitSequence, shard, sequence: sequence - 1 }
  if (shard > 0) return { commitSequence, shard: shard - 1, sequence: SEQUENCE_END }
  return { commitSequence: Math.max(0, commitSequence - 1), shard: SHARD_END, sequence: SEQUENCE_END }
}

/** `commit varint | shard u8 | sequence varint` */
export function writePosition(out: ByteWriter, { commitSequence, shard, sequence }: Position): void {
  out.varint(commitSequence).u8(shard).varint(sequence)
}

export function readPosition(from: ByteReader): Position {
  return { commitSequence: from.varint(), shard: from.u8(), sequence: from.varint() }
}
