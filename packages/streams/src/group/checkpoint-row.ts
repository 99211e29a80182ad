import { ByteReader, ByteWriter } from '@forgeone/common'
import type { Position } from '../entry/position.ts'
import { readPosition, writePosition } from './position-order.ts'

/** A named place in the log, to replay from. */
export interface Checkpoint {
  readonly name: string
  /** The topics a replay reads when it names none. */
  readonly pattern: string
  /** The last event before the replay. */
  readonly position: Position
  /** When it was set. */
  readonly timestamp: number
}

const ROW_VERSION = 1

/** `version u8 = 1 | time u48 | position | name text | pattern text` */
export function encodeCheckpoint({ name, pattern, position, timestamp }: Checkpoint): Uint8Array {
  const out = new ByteWriter().u8(ROW_VERSION).u48(timestamp)
  writePosition(out, position)
  return out.text(name).text(pattern).finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a checkpoint row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const timestamp = from.u48()
  const position = readPosition(from)
  const checkpoint = { name: from.text(), pattern: from.text(), position, timestamp }
  from.end()
  return checkpoint
}
