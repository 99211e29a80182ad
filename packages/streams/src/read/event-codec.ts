import { canonicalJson, utf8Encode, type JsonObject, type JsonValue, isBytes } from '@forgeone/common'
import { shownPayload } from '../entry/bytes-in-json.ts'
import { contentHash } from '../entry/canonical-entry.ts'
import type { EventMessage } from '../entry/entry.ts'
import { priorityCode, priorityFromCode, type EventPriority } from '../entry/priority.ts'
import type { EntryCodec, RowPlace } from './entry-codec.ts'

const NO_METADATA: JsonObject = Object.freeze({})

/** An event as it is read. The content hash is computed when it is asked for. */
class StoredEvent implements EventMessage {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly priority: EventPriority
  /** The JSON text, or the bytes, of the payload. */
  readonly #stored: string | Uint8Array
  #payload: JsonValue | undefined
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string

  constructor({ block, row, topic }: RowPlace, id: string) {
    this.id = id
    this.topic = topic
    this.timestamp = block.timestampOf(row)
    this.priority = priorityFromCode(block.levelOf(row))
    // A copy of bytes: the block stays in the cache, and whoever changes a payload must not change it there.
    this.#stored =
      block.textKindOf(row) === 'bytes' ? new Uint8Array(block.textBytesOf(row)) : block.textOf(row)
    // Written by us as canonical JSON of a plain object.
    const metadata = block.metadataOf(row)
    this.metadata = metadata === undefined ? NO_METADATA : (JSON.parse(metadata) as JsonObject)
    const marker = block.markerOf(row)
    if (marker !== undefined) this.checkpointMarker = marker
  }

  /** Parsed when it is first asked for: who only settles or counts events never does. */
  get payload(): JsonValue | Uint8Array {
    if (typeof this.#stored !== 'string') return this.#stored
    // Written by us as canonical JSON.
    this.#payload ??= JSON.parse(this.#stored) as JsonValue
    return this.#payload
  }

  get contentHash(): string {
    const { payload } = this
    const isBinary = isBytes(payload)
    return contentHash({
      kind: 'event',
      id: this.id,
      topic: this.topic,
      timestamp: this.timestamp,
      level: priorityCode(this.priority),
      textKind: isBinary ? 'bytes' : 'json',
      text: isBinary
        ? payload
        : utf8Encode(canonicalJson(payload, { code: 'STREAM_VALUE_INVALID', what: 'payload' })),
      metadata: canonicalJson(this.metadata, { code: 'STREAM_VALUE_INVALID', what: 'metadata' }),
      marker: this.checkpointMarker,
    })
  }

  /** As exports have it; bytes are shown as `{ "$bytes": "<base64>" }`. */
  toJSON(): Record<string, unknown> {
    const { id, topic, timestamp, priority, metadata, checkpointMarker, contentHash } = this
    const payload = shownPayload(this.payload)
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
  decode: (place, id) => new StoredEvent(place, id),
}
