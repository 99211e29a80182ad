import type { EventMessage } from '../entry/entry.ts'
import type { Position } from '../entry/position.ts'
import type { EntryCodec } from '../read/entry-codec.ts'
import type { FoundRow } from '../read/scan-request.ts'

/** An event with its place in the order of all entries. */
export interface PlacedEvent {
  readonly event: EventMessage
  readonly position: Position
}

/** An event that was read a while ago, maybe. */
export interface ReadEvent extends PlacedEvent {
  /** Removals from the log before it was read. */
  readonly readAt: number
}

/** The event of a row that a scan found. */
export function placedEvent(found: FoundRow, id: string, codec: EntryCodec<EventMessage>): PlacedEvent {
  const { block, row, shard } = found
  return {
    event: codec.decode(found, id),
    position: {
      commitSequence: block.commitSequenceOf(row),
      shard: shard.number,
      sequence: block.firstSequence + row,
    },
  }
}
