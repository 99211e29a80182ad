import { assert, ByteReader, ByteWriter } from '@forgeone/common'
import type { Position } from '../entry/position.ts'
import { IN_FLIGHT_MAX, STATE_BYTES_MAX } from './group-limits.ts'
import { readPosition, writePosition } from './position-order.ts'

/** A whole state, or one entry settled since the last whole state. */
const KIND_STATE = 1
const KIND_SETTLED = 2

export interface GroupState {
  /** The last entry handed out, by lane. */
  readonly cursors: readonly Position[]
  /** Waiting rows with lower numbers are void. */
  readonly waitingFrom: number
  /** Handed out once, at or below the cursor of their lane, and not settled. */
  readonly outstanding: Iterable<Position>
}

export type GroupStateRow =
  | { readonly kind: 'state'; readonly state: GroupState & { readonly outstanding: readonly Position[] } }
  | { readonly kind: 'settled'; readonly position: Position }

/**
 *     kind u8 = 1 | waiting from varint | lanes u8 | cursor of each | runs
 *
 * A run: `commit zigzag | shard u8 | first sequence zigzag | count varint`, commit and sequence as differences to
 * those of the entry before. The runs go to the end of the row.
 */
export function encodeGroupState(state: GroupState): Uint8Array {
  const out = new ByteWriter(512).u8(KIND_STATE).varint(state.waitingFrom).u8(state.cursors.length)
  for (const cursor of state.cursors) writePosition(out, cursor)
  writeRuns(out, state.outstanding)
  assert(out.length <= STATE_BYTES_MAX, 'the state of a group fits a row')
  return out.finish()
}

function writeRuns(out: ByteWriter, positions: Iterable<Position>): void {
  let commitSequence = 0
  let shard = 0
  let next = 0
  let count = 0
  for (const position of positions) {
    const continues = count > 0 && position.shard === shard && position.commitSequence === commitSequence
    if (continues && position.sequence === next) {
      count++
      next++
      continue
    }
    if (count > 0) out.varint(count)
    out
      .zigzag(position.commitSequence - commitSequence)
      .u8(position.shard)
      .zigzag(position.sequence - next)
    commitSequence = position.commitSequence
    shard = position.shard
    next = position.sequence + 1
    count = 1
  }
  if (count > 0) out.varint(count)
}

/** `kind u8 = 2 | position` */
export function encodeSettled(position: Position): Uint8Array {
  const out = new ByteWriter(24).u8(KIND_SETTLED)
  writePosition(out, position)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeGroupStateRow(bytes: Uint8Array): GroupStateRow {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a group state row' })
  const kind = from.u8()
  if (kind === KIND_SETTLED) {
    const position = readPosition(from)
    from.end()
    return { kind: 'settled', position }
  }
  if (kind !== KIND_STATE) throw from.failure(`the unknown kind ${kind}`)
  const waitingFrom = from.varint()
  const cursors = Array.from({ length: from.u8() }, () => readPosition(from))
  return { kind: 'state', state: { waitingFrom, cursors, outstanding: readRuns(from) } }
}

function readRuns(from: ByteReader): readonly Position[] {
  const positions: Position[] = []
  let commitSequence = 0
  let sequence = 0
  while (from.remaining > 0) {
    commitSequence += from.zigzag()
    const shard = from.u8()
    sequence += from.zigzag()
    const count = from.varint()
    if (positions.length + count > IN_FLIGHT_MAX) throw from.failure('more entries than a group may have out')
    for (let left = count; left > 0; left--) positions.push({ commitSequence, shard, sequence: sequence++ })
  }
  return positions
}
