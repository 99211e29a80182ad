import { canonicalJson, type JsonObject, type JsonValue } from '@forgeone/common'
import type { EventInput, EventMessage } from '../entry/entry.ts'
import { formatPosition, type Position } from '../entry/position.ts'
import { validateEventInput, type EntryRow } from '../entry/validate.ts'
import { storedEvent } from '../upcast/upcast-event.ts'
import { REASON_CHARS_MAX } from './group-limits.ts'

/** Metadata member of a dead letter that tells where it came from. */
const DEAD_LETTER_MEMBER = '$dead'

export function deadLetterTopic(group: string): string {
  return `$dead.${group}`
}

export interface DeadLetterFacts {
  readonly group: string
  readonly event: EventMessage
  readonly position: Position
  readonly attempts: number
  readonly reason: string
}

/**
 * The row of a dead letter: the event as it was, and its origin in the metadata. Not checked against the limit of
 * metadata, which leaves blocks room for as much again: an event that was accepted must fit as a dead letter too.
 */
export function deadLetterRow(facts: DeadLetterFacts, now: number): EntryRow {
  const { group, position, attempts, reason } = facts
  // An upcast is applied on reading, again and again; what is kept is the event as it was appended.
  const event = storedEvent(facts.event)
  const { payload, timestamp, priority, checkpointMarker } = event
  const origin: JsonObject = {
    group,
    reason: reason.slice(0, REASON_CHARS_MAX).toWellFormed(),
    attempts,
    topic: event.topic,
    position: formatPosition(position),
    id: event.id,
  }
  const metadata = { ...event.metadata, [DEAD_LETTER_MEMBER]: origin }
  const topic = deadLetterTopic(group)
  const row = validateEventInput({ topic, payload, timestamp, priority, checkpointMarker }, now)
  return { ...row, metadata: canonicalJson(metadata, { code: 'STREAM_VALUE_INVALID', what: 'metadata' }) }
}

/** The event that a dead letter was made of, to be appended once more; undefined when it is none. */
export function revivedEvent(deadLetter: EventMessage): EventInput | undefined {
  const { [DEAD_LETTER_MEMBER]: origin, ...metadata } = deadLetter.metadata
  const topic = topicOf(origin)
  if (topic === undefined) return undefined
  const { payload, timestamp, priority, checkpointMarker } = deadLetter
  return { topic, payload, timestamp, priority, metadata, checkpointMarker }
}

function topicOf(origin: JsonValue | undefined): string | undefined {
  if (typeof origin !== 'object' || origin === null || !('topic' in origin)) return undefined
  return typeof origin.topic === 'string' ? origin.topic : undefined
}
