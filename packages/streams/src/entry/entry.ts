import type { JsonObject, JsonValue } from '@forgeone/common'
import type { EventPriority } from './priority.ts'
import type { LogSeverity } from './severity.ts'

/** One log entry to append. */
export interface LogInput {
  readonly topic: string
  readonly message: string
  /** Whole milliseconds since 1970; the time of the append when absent. */
  readonly timestamp?: number | undefined
  /** `info` when absent. */
  readonly severity?: LogSeverity | undefined
  readonly metadata?: JsonObject | undefined
  /** An id of the caller, unique in the store; the store makes one when absent. */
  readonly id?: string | undefined
  readonly checkpointMarker?: string | undefined
}

/** JSON, or bytes as they are. */
export type EventPayload = JsonValue | Uint8Array

/** One event to append. */
export interface EventInput<Payload = EventPayload> {
  readonly topic: string
  readonly payload: Payload
  /** Whole milliseconds since 1970; the time of the append when absent. */
  readonly timestamp?: number | undefined
  /** `normal` when absent. */
  readonly priority?: EventPriority | undefined
  readonly metadata?: JsonObject | undefined
  /** An id of the caller, unique in the store; the store makes one when absent. */
  readonly id?: string | undefined
  readonly checkpointMarker?: string | undefined
}

/** One stored log entry. */
export interface LogEntry {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly severity: LogSeverity
  readonly message: string
  readonly metadata: JsonObject
  readonly checkpointMarker?: string
  /** SHA-256 of the canonical entry in hexadecimal. */
  readonly contentHash: string
}

/** One stored event. */
export interface EventMessage<Payload = EventPayload> {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly priority: EventPriority
  readonly payload: Payload
  readonly metadata: JsonObject
  readonly checkpointMarker?: string
  /** SHA-256 of the canonical entry in hexadecimal. */
  readonly contentHash: string
}
