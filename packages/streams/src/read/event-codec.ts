import type { JsonObject } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import { EventRecord } from '../entry/event-record.ts'
import { priorityFromCode } from '../entry/priority.ts'
import type { EntryCodec } from './entry-codec.ts'

const NO_METADATA: JsonObject = Object.freeze({})

export const eventCodec: EntryCodec<EventMessage> = {
  rows: 'events',
  decode({ block, row, topic }, id) {
    const metadata = block.metadataOf(row)
    const checkpointMarker = block.markerOf(row)
    return new EventRecord({
      id,
      topic,
      timestamp: block.timestampOf(row),
      priority: priorityFromCode(block.levelOf(row)),
      // A copy of bytes: the block stays in the cache, and whoever changes a payload must not change it there.
      stored: block.textKindOf(row) === 'bytes' ? new Uint8Array(block.textBytesOf(row)) : block.textOf(row),
      // Written by us as canonical JSON of a plain object.
      metadata: metadata === undefined ? NO_METADATA : (JSON.parse(metadata) as JsonObject),
      ...(checkpointMarker === undefined ? undefined : { checkpointMarker }),
    })
  },
}
