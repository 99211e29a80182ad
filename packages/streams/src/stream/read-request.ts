import { isDateObject } from '@forgeone/common'
import { parsePosition, type Position } from '../entry/position.ts'
import type { ScanRequest } from '../read/scan-request.ts'
import type { TopicDirectory } from '../shard/topic-directory.ts'
import { parseTimeExpression } from '../time/time-expression.ts'
import type { Bound, ReadOptions } from './stream-options.ts'

/** What a scan asks for that does not bound anything. */
export const UNBOUNDED_SCAN: Omit<ScanRequest, 'topics'> = {
  timeFrom: Number.NEGATIVE_INFINITY,
  timeTo: Number.POSITIVE_INFINITY,
  levelMask: -1,
  literals: [],
  tokens: [],
  rowTest: undefined,
  reverse: false,
  limit: Number.POSITIVE_INFINITY,
}

/** @throws STREAM_PATTERN_INVALID, STREAM_TIME_INVALID, STREAM_VALUE_INVALID, DATABASE_OFFLINE */
export function scanRequest(
  options: ReadOptions,
  { topics, now }: { readonly topics: TopicDirectory; readonly now: number },
): ScanRequest {
  const { topic, limit, direction, signal, from, to } = options
  const fromPosition = positionOf(from)
  const toPosition = positionOf(to)
  return {
    ...UNBOUNDED_SCAN,
    topics: topics.match(topic === undefined ? undefined : [topic]),
    timeFrom: timeOf(from, now) ?? UNBOUNDED_SCAN.timeFrom,
    timeTo: timeOf(to, now) ?? UNBOUNDED_SCAN.timeTo,
    ...(fromPosition === undefined ? {} : { after: fromPosition }),
    ...(toPosition === undefined ? {} : { upTo: toPosition }),
    reverse: direction === 'backward',
    limit: limit ?? UNBOUNDED_SCAN.limit,
    ...(signal === undefined ? {} : { signal }),
  }
}

function positionOf(bound: Bound | undefined): Position | undefined {
  if (typeof bound !== 'object' || isDateObject(bound)) return undefined
  return typeof bound.position === 'string' ? parsePosition(bound.position) : bound.position
}

function timeOf(bound: Bound | undefined, now: number): number | undefined {
  if (bound === undefined || (typeof bound === 'object' && !isDateObject(bound))) return undefined
  return parseTimeExpression(bound, now)
}
