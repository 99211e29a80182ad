import { ByteReader, ByteWriter } from '@forgeone/common'
import type { Position } from '../entry/position.ts'
import { readPosition, writePosition } from './position-order.ts'

/** An entry that waits for its time or a retry, or is out for the second time or a later one. */
export interface WaitingRow {
  readonly position: Position
  /** How often it was handed out. */
  readonly attempts: number
  /** Wall time before which it is not handed out again. */
  readonly dueAt: number
}

const ROW_VERSION = 1

/** `version u8 = 1 | attempts varint | due u48 | position` */
export function encodeWaitingRow({ position, attempts, dueAt }: WaitingRow): Uint8Array {
  const out = new ByteWriter(32).u8(ROW_VERSION).varint(attempts).u48(dueAt)
  writePosition(out, position)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeWaitingRow(bytes: Uint8Array): WaitingRow {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a waiting row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const attempts = from.varint()
  const dueAt = from.u48()
  const position = readPosition(from)
  from.end()
  return { position, attempts, dueAt }
}
