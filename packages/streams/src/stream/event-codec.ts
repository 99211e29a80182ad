import { canonicalJson, utf8Encode, type JsonObject, type JsonValue } from '@forgeone/common'
import { contentHash } from '../entry/canonical-entry.ts'
import type { EventMessage } from '../entry/entry.ts'
import { priorityCode, priorityFromCode, type EventPriority } from '../entry/priority.ts'
import type { EntryCodec, RowPlace } from '../read/entry-codec.ts'
import { rowText } from '../read/row-cursor.ts'

const NO_METADATA: JsonObject = Object.freeze({})

/** An event as it is read. The content hash is computed when it is asked for. */
class StoredEvent implements EventMessage {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly priority: EventPriority
  readonly payload: JsonValue | Uint8Array
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string

  constructor(place: RowPlace) {
    const { block, row, topic, id } = place
    const { columns } = block
    this.id = id
    this.topic = topic
    this.timestamp = columns.timestamps[row]!
    this.priority = priorityFromCode(columns.levels[row]!)
    // A copy: the block stays in the cache, and whoever changes a payload must not change it there.
    // Both casts: written by us as canonical JSON, the metadata of a plain object.
    this.payload =
      columns.textKind(row) === 'bytes'
        ? new Uint8Array(columns.textBytes(row))
        : (JSON.parse(rowText(block, row)) as JsonValue)
    this.metadata = columns.hasMetadata(row) ? (JSON.parse(columns.metadata(row)) as JsonObject) : NO_METADATA
    const marker = columns.marker(row)
    if (marker !== undefined) this.checkpointMarker = marker
  }

  get contentHash(): string {
    const { payload } = this
    const isBytes = payload instanceof Uint8Array
    return contentHash({
      kind: 'event',
      id: this.id,
      topic: this.topic,
      timestamp: this.timestamp,
      level: priorityCode(this.priority),
      textKind: isBytes ? 'bytes' : 'json',
      text: isBytes
        ? payload
        : utf8Encode(canonicalJson(payload, { code: 'STREAM_VALUE_INVALID', what: 'payload' })),
      metadata: canonicalJson(this.metadata, { code: 'STREAM_VALUE_INVALID', what: 'metadata' }),
      marker: this.checkpointMarker,
    })
  }

  /** Bytes are shown as `{ "$bytes": "<base64>" }`, which JSON can carry. */
  toJSON(): Record<string, unknown> {
    const { id, topic, timestamp, priority, metadata, checkpointMarker, contentHash } = this
    const payload =
      this.payload instanceof Uint8Array
        ? { $bytes: Buffer.from(this.payload).toString('base64') }
        : this.payload
    return {
      id,
      topic,
      timestamp,
      priority,
      payload,
      metadata,
      ...(checkpointMarker === undefined ? {} : { checkpointMarker }),
      contentHash,
    }
  }
}

export const eventCodec: EntryCodec<EventMessage> = {
  rows: 'events',
  decode: (place) => new StoredEvent(place),
}
