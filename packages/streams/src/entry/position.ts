import { ForgeError } from '@forgeone/common'

/** Where an entry stands in the one total order over all topics. Text form: `p4711.2.90121`. */
export interface Position {
  readonly commitSequence: number
  readonly shard: number
  readonly sequence: number
}

export function formatPosition({ commitSequence, shard, sequence }: Position): string {
  return `p${commitSequence}.${shard}.${sequence}`
}

/** @throws STREAM_VALUE_INVALID */
export function parsePosition(text: string): Position {
  const match = /^p(\d{1,15})\.(\d{1,3})\.(\d{1,15})$/.exec(text)
  if (match === null)
    throw new ForgeError('STREAM_VALUE_INVALID', `"${text}" is not a position such as p4711.2.90121`)
  return { commitSequence: Number(match[1]), shard: Number(match[2]), sequence: Number(match[3]) }
}

/** Negative, zero or positive. */
export function comparePositions(left: Position, right: Position): number {
  return (
    left.commitSequence - right.commitSequence || left.shard - right.shard || left.sequence - right.sequence
  )
}
