import { canonicalJson, utf8Encode, type JsonObject } from '@forgeone/common'
import { contentHash } from '../entry/canonical-entry.ts'
import type { LogEntry } from '../entry/entry.ts'
import { severityCode, severityFromCode, type LogSeverity } from '../entry/severity.ts'
import type { EntryCodec, RowPlace } from './entry-codec.ts'

const NO_METADATA: JsonObject = Object.freeze({})

/** A log entry as it is read. The content hash is computed when it is asked for. */
class StoredLogEntry implements LogEntry {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly severity: LogSeverity
  readonly message: string
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string

  constructor({ block, row, topic }: RowPlace, id: string) {
    this.id = id
    this.topic = topic
    this.timestamp = block.timestampOf(row)
    this.severity = severityFromCode(block.levelOf(row))
    this.message = block.textOf(row)
    // Written by us as canonical JSON of a plain object.
    const metadata = block.metadataOf(row)
    this.metadata = metadata === undefined ? NO_METADATA : (JSON.parse(metadata) as JsonObject)
    const marker = block.markerOf(row)
    if (marker !== undefined) this.checkpointMarker = marker
  }

  get contentHash(): string {
    return contentHash({
      kind: 'log',
      id: this.id,
      topic: this.topic,
      timestamp: this.timestamp,
      level: severityCode(this.severity),
      textKind: 'message',
      text: utf8Encode(this.message),
      metadata: canonicalJson(this.metadata, { code: 'STREAM_VALUE_INVALID', what: 'metadata' }),
      marker: this.checkpointMarker,
    })
  }

  toJSON(): Record<string, unknown> {
    const { id, topic, timestamp, severity, message, metadata, checkpointMarker, contentHash } = this
    return {
      id,
      topic,
      timestamp,
      severity,
      message,
      metadata,
      ...(checkpointMarker === undefined ? {} : { checkpointMarker }),
      contentHash,
    }
  }
}

export const logCodec: EntryCodec<LogEntry> = {
  rows: 'logs',
  decode: (place, id) => new StoredLogEntry(place, id),
}
