import {
  canonicalJson,
  isBytes,
  utf8Encode,
  type Conversion,
  type JsonObject,
  type JsonValue,
} from '@forgeone/common'
import { shownPayload } from './bytes-in-json.ts'
import { contentHash } from './canonical-entry.ts'
import type { EventMessage } from './entry.ts'
import { priorityCode, type EventPriority } from './priority.ts'

export interface EventFields extends Omit<EventMessage, 'contentHash' | 'payload'> {
  /** The canonical JSON text, or the bytes, of the payload. */
  readonly stored: string | Uint8Array
}

/** An event as it is read, in the process of the store or in another. The content hash is computed when it is asked for. */
export class EventRecord implements EventMessage {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly priority: EventPriority
  readonly #stored: string | Uint8Array
  #payload: JsonValue | undefined
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string

  constructor(fields: EventFields) {
    this.id = fields.id
    this.topic = fields.topic
    this.timestamp = fields.timestamp
    this.priority = fields.priority
    this.#stored = fields.stored
    this.metadata = fields.metadata
    if (fields.checkpointMarker !== undefined) this.checkpointMarker = fields.checkpointMarker
  }

  /** @returns undefined for an event in another form, such as a later version of its schema */
  static storedOf(event: EventMessage): string | Uint8Array | undefined {
    return #stored in event ? event.#stored : undefined
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
    return eventJson(this)
  }
}

/** An event in a later version of its schema: its hash is of what is stored, which stays where it is. */
class ArrivedUpcast implements EventMessage {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly priority: EventPriority
  readonly payload: JsonValue | Uint8Array
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string
  readonly contentHash: string

  constructor(event: EventMessage) {
    this.id = event.id
    this.topic = event.topic
    this.timestamp = event.timestamp
    this.priority = event.priority
    this.payload = event.payload
    this.metadata = event.metadata
    if (event.checkpointMarker !== undefined) this.checkpointMarker = event.checkpointMarker
    this.contentHash = event.contentHash
  }

  toJSON(): Record<string, unknown> {
    return eventJson(this)
  }
}

export function eventJson(event: EventMessage): Record<string, unknown> {
  const { id, topic, timestamp, priority, metadata, checkpointMarker, contentHash } = event
  const payload = shownPayload(event.payload)
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

/** What is stored of it crosses to another process, where it is parsed when somebody asks for it. */
export const CROSSING_EVENT: Conversion = {
  give: (event: EventMessage): EventFields | EventMessage => {
    const { id, topic, timestamp, priority, metadata, checkpointMarker } = event
    const marker = checkpointMarker === undefined ? undefined : { checkpointMarker }
    const fields = { id, topic, timestamp, priority, metadata, ...marker }
    const stored = EventRecord.storedOf(event)
    if (stored !== undefined) return { ...fields, stored }
    return { ...fields, payload: event.payload, contentHash: event.contentHash }
  },
  take: (crossed: EventFields | EventMessage): EventMessage =>
    'stored' in crossed ? new EventRecord(crossed) : new ArrivedUpcast(crossed),
}
