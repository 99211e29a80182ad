import { canonicalJson, utf8Encode, type JsonObject } from '@forgeone/common'
import { contentHash } from '../entry/canonical-entry.ts'
import type { LogEntry } from '../entry/entry.ts'
import { severityCode, severityFromCode, type LogSeverity } from '../entry/severity.ts'
import type { EntryCodec, RowPlace } from '../read/entry-codec.ts'
import { rowText } from '../read/row-cursor.ts'

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

  constructor(place: RowPlace) {
    const { block, row, topic, id } = place
    const { columns } = block
    this.id = id
    this.topic = topic
    this.timestamp = columns.timestamps[row]!
    this.severity = severityFromCode(columns.levels[row]!)
    this.message = rowText(block, row)
    // Written by us as canonical JSON of a plain object.
    this.metadata = columns.hasMetadata(row) ? (JSON.parse(columns.metadata(row)) as JsonObject) : NO_METADATA
    const marker = columns.marker(row)
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
  decode: (place) => new StoredLogEntry(place),
}
