import { ByteReader, ByteWriter } from '@forgeone/common'
import { BinaryCoder } from './binary-coder.ts'
import { unzigzag, zigzag } from './column-plan.ts'
import { ContextMixer, type MixerSettings } from './context-mixer.ts'
import { damaged } from './damage.ts'
import { hashNumber, mix } from './hash.ts'

/**
 * The columns that every row has: timestamps, levels, and when they differ from the usual, offsets and kinds of texts.
 *
 *     flags u8 | timestamp unit varint | first timestamp zigzag | one stream: timestamps, levels, kinds, offsets
 */
const FLAG_KINDS = 1
const FLAG_OFFSETS = 2
const SET_TIMESTAMPS = 0
const SET_LEVELS = 1
const SET_KINDS = 2
const SET_OFFSETS = 3
/** A difference of two timestamps must fit a zigzag number below 2^53. */
const TIMESTAMP_MAX = 2 ** 51

/** As many counters as a few thousand rows need, and no more than that for few. */
function settingsFor(count: number): MixerSettings {
  return { contextCount: 4, counterBits: Math.min(32 - Math.clz32(count) + 6, 16), sets: 4 }
}

export interface RowColumns {
  readonly timestamps: Float64Array
  readonly levels: Uint8Array
  readonly textKinds: Uint8Array | undefined
  readonly offsets: Uint32Array | undefined
}

export function encodeRowColumns(rows: RowColumns): Uint8Array {
  const { timestamps, levels, textKinds, offsets } = rows
  const count = timestamps.length
  const out = new ByteWriter(1024)
  const unit = unitOf(timestamps)
  const coder = new BinaryCoder(undefined)
  const mixer = new ContextMixer(coder, settingsFor(count))
  const steps = new Float64Array(count)
  for (let row = 1; row < count; row++) steps[row] = zigzag((timestamps[row]! - timestamps[row - 1]!) / unit)
  codeColumn(mixer, steps, SET_TIMESTAMPS)
  codeColumn(mixer, new Float64Array(levels), SET_LEVELS)
  if (textKinds !== undefined) codeColumn(mixer, new Float64Array(textKinds), SET_KINDS)
  if (offsets !== undefined) codeColumn(mixer, gapsOf(offsets), SET_OFFSETS)
  const flags = (textKinds === undefined ? 0 : FLAG_KINDS) | (offsets === undefined ? 0 : FLAG_OFFSETS)
  out.u8(flags).varint(unit).zigzag(timestamps[0]!).bytes(coder.finish())
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeRowColumns(bytes: Uint8Array, count: number): RowColumns {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a section' })
  const flags = from.u8()
  const unit = from.varint()
  const first = from.zigzag()
  const coder = new BinaryCoder(from.rest())
  const mixer = new ContextMixer(coder, settingsFor(count))
  const timestamps = new Float64Array(count)
  codeColumn(mixer, timestamps, SET_TIMESTAMPS)
  timestamps[0] = first
  for (let row = 1; row < count; row++) {
    const timestamp = timestamps[row - 1]! + unzigzag(timestamps[row]!) * unit
    if (!(Math.abs(timestamp) < TIMESTAMP_MAX)) throw from.failure('a timestamp out of range')
    timestamps[row] = timestamp
  }
  const levels = readBytes(mixer, count, SET_LEVELS)
  const textKinds = (flags & FLAG_KINDS) === 0 ? undefined : readBytes(mixer, count, SET_KINDS)
  const offsets = (flags & FLAG_OFFSETS) === 0 ? undefined : readOffsets(mixer, count)
  if (flags > (FLAG_KINDS | FLAG_OFFSETS) || coder.isExhausted)
    throw from.failure('columns that end too early')
  return { timestamps, levels, textKinds, offsets }
}

/** Ascending rows as one stream. */
export function encodeGaps(rows: Uint32Array): Uint8Array {
  const coder = new BinaryCoder(undefined)
  codeColumn(new ContextMixer(coder, settingsFor(rows.length)), gapsOf(rows), SET_OFFSETS)
  return coder.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeGaps(bytes: Uint8Array, count: number): Uint32Array {
  const coder = new BinaryCoder(bytes)
  const rows = readOffsets(new ContextMixer(coder, settingsFor(count)), count)
  if (coder.isExhausted) throw damaged('rows that end too early')
  return rows
}

/** Codes or reads numbers in place, each behind the two before it. */
function codeColumn(mixer: ContextMixer, values: Float64Array, set: number): void {
  const { contexts } = mixer
  let last = 0
  let before = 0
  let before2 = 0
  let before3 = 0
  for (let at = 0; at < values.length; at++) {
    contexts[0] = set
    contexts[1] = mix(set + 16, before)
    contexts[2] = mix(mix(set + 32, before), before2)
    contexts[3] = mix(mix(set + 48, before), mix(before2, before3))
    // Most values repeat the one before: one decision instead of the four or more of a number.
    let value = values[at]!
    if (mixer.flag(value === last ? 1 : 0, set) === 1) value = last
    else value = mixer.number(value, set)
    values[at] = value
    last = value
    before3 = before2
    before2 = before
    before = hashNumber(value)
  }
}

function readBytes(mixer: ContextMixer, count: number, set: number): Uint8Array {
  const values = new Float64Array(count)
  codeColumn(mixer, values, set)
  return Uint8Array.from(values, (value) => {
    if (value > 255) throw damaged('a level or kind out of range')
    return value
  })
}

function gapsOf(offsets: Uint32Array): Float64Array {
  const gaps = new Float64Array(offsets.length)
  for (let row = 0; row < offsets.length; row++)
    gaps[row] = row === 0 ? offsets[0]! : offsets[row]! - offsets[row - 1]! - 1
  return gaps
}

function readOffsets(mixer: ContextMixer, count: number): Uint32Array {
  const gaps = new Float64Array(count)
  codeColumn(mixer, gaps, SET_OFFSETS)
  const offsets = new Uint32Array(count)
  let offset = -1
  for (let row = 0; row < count; row++) {
    offset += gaps[row]! + 1
    if (offset > 0xffff_ffff) throw damaged('a row beyond its block')
    offsets[row] = offset
  }
  return offsets
}

/** Largest unit that divides all differences: a log with whole seconds has 1,000. */
export function unitOf(timestamps: Float64Array): number {
  let unit = 0
  for (let row = 1; row < timestamps.length && unit !== 1; row++) {
    let left = Math.abs(timestamps[row]! - timestamps[row - 1]!)
    while (left > 0) [unit, left] = [left, unit % left]
  }
  return Math.max(unit, 1)
}
