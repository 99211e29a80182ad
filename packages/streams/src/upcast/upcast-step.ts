import type { JsonValue } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'

/** Metadata member with the version of an event's schema: a whole number, 1 when it is absent. */
export const SCHEMA_VERSION_MEMBER = 'schemaVersion'

/** What an upcast may look at besides the payload. */
export type UpcastSubject = Pick<EventMessage, 'id' | 'topic' | 'timestamp' | 'priority' | 'metadata'>

/** One step of a schema from one version to the next. */
export interface UpcastDefinition {
  /** A topic or a pattern. Topics that begin with `$` only match patterns that do. */
  readonly topic: string
  readonly from: number
  /** `from + 1`. */
  readonly to: number
  /**
   * The payload of the later version. Must be pure: it runs whenever an event is read, and its result is kept nowhere.
   * The payload is a copy, which it may change.
   */
  readonly apply: (payload: JsonValue | Uint8Array, event: UpcastSubject) => JsonValue | Uint8Array
}

/** A definition that was accepted. */
export type UpcastStep = Pick<UpcastDefinition, 'from' | 'to' | 'apply'>
