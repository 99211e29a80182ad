import { canonicalJson, utf8Encode, type Conversion, type JsonObject } from '@forgeone/common'
import { contentHash } from './canonical-entry.ts'
import type { LogEntry } from './entry.ts'
import { severityCode, type LogSeverity } from './severity.ts'

export type LogFields = Omit<LogEntry, 'contentHash'>

/** A log entry as it is read, in the process of the store or in another. The content hash is computed when it is asked for. */
export class LogRecord implements LogEntry {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly severity: LogSeverity
  readonly message: string
  readonly metadata: JsonObject
  declare readonly checkpointMarker?: string

  constructor(fields: LogFields) {
    this.id = fields.id
    this.topic = fields.topic
    this.timestamp = fields.timestamp
    this.severity = fields.severity
    this.message = fields.message
    this.metadata = fields.metadata
    if (fields.checkpointMarker !== undefined) this.checkpointMarker = fields.checkpointMarker
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

/** Its fields cross to another process, which computes the hash by itself. */
export const CROSSING_LOG: Conversion = {
  give: ({ id, topic, timestamp, severity, message, metadata, checkpointMarker }: LogEntry): LogFields => {
    const fields = { id, topic, timestamp, severity, message, metadata }
    return checkpointMarker === undefined ? fields : { ...fields, checkpointMarker }
  },
  take: (fields: LogFields): LogEntry => new LogRecord(fields),
}
