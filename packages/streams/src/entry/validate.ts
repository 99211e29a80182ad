import {
  canonicalJson,
  copyBytes,
  ForgeError,
  isBytes,
  isForgeError,
  refuseOtherMembers,
} from '@forgeone/common'
import type { TextKind } from '@forgeone/log-codec'
import type { EventInput, LogInput } from './entry.ts'
import {
  CLIENT_ID_BYTES_MAX,
  MARKER_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  METADATA_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  TIMESTAMP_MS_MAX,
} from './limits.ts'
import { priorityCode } from './priority.ts'
import { SEVERITY_CODES, severityCode } from './severity.ts'

/** Metadata text of an entry without metadata. */
export const EMPTY_METADATA = '{}'

/** One checked entry in the form blocks are built from. */
export interface EntryRow {
  readonly topic: string
  readonly timestamp: number
  /** Severity code of a log, priority code of an event. */
  readonly level: number
  readonly textKind: TextKind
  /** Borrowed from the caller when it is bytes. */
  readonly text: string | Uint8Array
  /** RFC 8785 text; {@link EMPTY_METADATA} when there is none. */
  readonly metadata: string
  readonly id: string | undefined
  readonly marker: string | undefined
}

/**
 * Checks one log entry, except the name of its topic, which is checked once per distinct topic.
 * @param now the timestamp of an entry that names none
 * @throws STREAM_VALUE_INVALID, STREAM_LIMIT with `details.field`
 */
export function validateLogInput(input: LogInput, now: number): EntryRow {
  return readable(() => {
    refuseOthers(input, LOG_MEMBERS)
    return logRow(input, now)
  })
}

function logRow(input: LogInput, now: number): EntryRow {
  const { topic, message, timestamp, severity, metadata, id, checkpointMarker } = input
  if (typeof topic !== 'string') throw invalid('topic', 'is not a string')
  checkText(message, 'message', MESSAGE_BYTES_MAX)
  return {
    topic,
    timestamp: timestamp === undefined ? now : checkTimestamp(timestamp),
    level: severity === undefined ? SEVERITY_CODES.info : severityCode(severity),
    textKind: 'message',
    text: message,
    metadata: metadata === undefined ? EMPTY_METADATA : checkMetadata(metadata),
    id: id === undefined ? undefined : checkName(id, 'id', CLIENT_ID_BYTES_MAX),
    marker:
      checkpointMarker === undefined
        ? undefined
        : checkName(checkpointMarker, 'checkpointMarker', MARKER_BYTES_MAX),
  }
}

/**
 * Checks one event, except the name of its topic, which is checked once per distinct topic.
 * @param now the timestamp of an event that names none
 * @throws STREAM_VALUE_INVALID, STREAM_LIMIT with `details.field`
 */
export function validateEventInput(input: EventInput, now: number): EntryRow {
  return readable(() => {
    refuseOthers(input, EVENT_MEMBERS)
    return eventRow(input, now)
  })
}

const COMMON_MEMBERS = ['topic', 'timestamp', 'metadata', 'id', 'checkpointMarker']
const LOG_MEMBERS: ReadonlySet<string> = new Set([...COMMON_MEMBERS, 'message', 'severity'])
const EVENT_MEMBERS: ReadonlySet<string> = new Set([...COMMON_MEMBERS, 'payload', 'priority'])

/** Asked for every entry, so the usual one costs no list of its members. */
function refuseOthers(input: object, names: ReadonlySet<string>): void {
  for (const name in input)
    if (!names.has(name))
      return refuseOtherMembers(input, { code: 'STREAM_VALUE_INVALID', names: [...names], what: 'the entry' })
}

/** Reading what a caller passed may run code of the caller, which may throw anything. */
function readable(read: () => EntryRow): EntryRow {
  try {
    return read()
  } catch (cause) {
    if (isForgeError(cause)) throw cause
    const details = { field: 'entry', reason: 'cannot be read' }
    throw new ForgeError('STREAM_VALUE_INVALID', 'the entry cannot be read', { cause, details })
  }
}

function eventRow(input: EventInput, now: number): EntryRow {
  const { topic, payload, timestamp, priority, metadata, id, checkpointMarker } = input
  if (typeof topic !== 'string') throw invalid('topic', 'is not a string')
  const isBinary = isBytes(payload)
  return {
    topic,
    timestamp: timestamp === undefined ? now : checkTimestamp(timestamp),
    level: priorityCode(priority ?? 'normal'),
    textKind: isBinary ? 'bytes' : 'json',
    text: isBinary ? checkBytes(payload) : checkJson(payload, 'payload', PAYLOAD_BYTES_MAX),
    metadata: metadata === undefined ? EMPTY_METADATA : checkMetadata(metadata),
    id: id === undefined ? undefined : checkName(id, 'id', CLIENT_ID_BYTES_MAX),
    marker:
      checkpointMarker === undefined
        ? undefined
        : checkName(checkpointMarker, 'checkpointMarker', MARKER_BYTES_MAX),
  }
}

function checkTimestamp(timestamp: number): number {
  if (!Number.isInteger(timestamp) || Math.abs(timestamp) > TIMESTAMP_MS_MAX) {
    throw invalid('timestamp', 'is not a whole number of milliseconds a date can hold')
  }
  // -0 would come back as 0 and change the content hash.
  return timestamp + 0
}

function checkText(text: unknown, field: string, limit: number): asserts text is string {
  if (typeof text !== 'string') throw invalid(field, 'is not a string')
  // A UTF-16 unit takes at most 3 bytes, so most lines need no count.
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit) throw tooLarge(field, limit)
  if (!text.isWellFormed()) throw invalid(field, 'holds a lone surrogate')
}

/** @throws STREAM_VALUE_INVALID, STREAM_LIMIT with `details.field` */
export function checkName(text: string, field: string, limit: number): string {
  checkText(text, field, limit)
  if (text === '') throw invalid(field, 'is empty')
  return text
}

function checkMetadata(metadata: unknown): string {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw invalid('metadata', 'is not a plain JSON object')
  }
  return checkJson(metadata, 'metadata', METADATA_BYTES_MAX)
}

function checkJson(value: unknown, field: string, limit: number): string {
  const text = writeJson(value, field)
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit) throw tooLarge(field, limit)
  return text
}

function writeJson(value: unknown, field: string): string {
  try {
    return canonicalJson(value, { code: 'STREAM_VALUE_INVALID', what: field })
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error
    throw new ForgeError('STREAM_VALUE_INVALID', error.message, { cause: error, details: { field } })
  }
}

function checkBytes(payload: Uint8Array): Uint8Array {
  if (payload.length > PAYLOAD_BYTES_MAX) throw tooLarge('payload', PAYLOAD_BYTES_MAX)
  // What the caller does to his own before it is written changes nothing here.
  return copyBytes(payload)
}

function invalid(field: string, reason: string): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', `${field} ${reason}`, { details: { field, reason } })
}

function tooLarge(field: string, limit: number): ForgeError {
  return new ForgeError('STREAM_LIMIT', `${field} is larger than ${limit} bytes`, {
    details: { field, limit },
  })
}
