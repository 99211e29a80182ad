import { ForgeError, type Clock } from '@forgeone/common'
import { comparePositions, formatPosition, parsePosition, type Position } from '../entry/position.ts'
import { parseTimeExpression } from '../time/time-expression.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { GroupStart } from './group-options.ts'
import type { GroupTopics } from './group-topics.ts'
import { before, LOG_START } from './position-order.ts'
import type { PlacedEvent } from './placed-event.ts'
import type { PlacedTopic } from '../shard/topic-directory.ts'

export interface StartContext {
  readonly clock: Clock
  readonly checkpoints: Checkpoints
  readonly topics: GroupTopics
  readonly head: () => Position | undefined
  /** The first event at or after a time, of the topics. */
  readonly firstSince: (topics: readonly PlacedTopic[], time: number) => Promise<PlacedEvent | undefined>
}

/**
 * The place that a group begins after.
 * @throws STREAM_VALUE_INVALID when it lies outside the log, STREAM_TIME_INVALID, STREAM_CHECKPOINT_UNKNOWN
 */
export async function startPosition(from: GroupStart, context: StartContext): Promise<Position> {
  const { clock, head, topics } = context
  const end = head() ?? LOG_START
  if (from === 'start') return LOG_START
  if (from === 'end') return end
  if (typeof from === 'object' && 'checkpoint' in from)
    return context.checkpoints.require(from.checkpoint).position
  if (typeof from === 'object' && 'position' in from) return insideLog(from.position, end)
  const now = clock.now()
  const time = parseTimeExpression(from, now)
  if (time > now) throw new ForgeError('STREAM_VALUE_INVALID', 'the time lies in the future: use end')
  const first = await context.firstSince(topics.current().topics, time)
  return first === undefined ? end : before(first.position)
}

function insideLog(position: Position | string, end: Position): Position {
  const parsed = parsePosition(typeof position === 'string' ? position : formatPosition(position))
  if (comparePositions(parsed, end) > 0)
    throw new ForgeError(
      'STREAM_VALUE_INVALID',
      `the position lies behind the end of the log, ${formatPosition(end)}`,
    )
  return parsed
}
