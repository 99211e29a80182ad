import type { EventInput, EventMessage } from '../entry/entry.ts'
import { DELIVER_AFTER_MS_MAX } from './group-limits.ts'
import { checkedMilliseconds } from './group-options.ts'

/** Metadata member with the wall time, in milliseconds, before which groups do not hand an event out. */
const DELIVER_AT_MEMBER = '$deliverAt'

/**
 * The event with the time from which groups may hand it out. It is part of the event, so it survives whatever the
 * event survives; readers see the event at once.
 * @throws STREAM_VALUE_INVALID
 */
export function withDeliverAfter(input: EventInput, deliverAfterMs: number, now: number): EventInput {
  checkedMilliseconds(deliverAfterMs, 'deliverAfterMs', { min: 0, max: DELIVER_AFTER_MS_MAX })
  return { ...input, metadata: { ...input.metadata, [DELIVER_AT_MEMBER]: now + deliverAfterMs } }
}

/** When an event may be handed out; now, or earlier, unless it says something else that makes sense. */
export function deliverAt({ metadata }: EventMessage, now: number): number {
  const value = metadata[DELIVER_AT_MEMBER]
  if (typeof value !== 'number' || value <= now) return now
  return Math.min(Math.ceil(value), now + DELIVER_AFTER_MS_MAX)
}
