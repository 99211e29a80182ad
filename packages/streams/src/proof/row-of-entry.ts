import { canonicalJson, isBytes, utf8Encode, type JsonValue } from '@forgeone/common'
import type { EventMessage, LogEntry } from '../entry/entry.ts'
import { priorityCode } from '../entry/priority.ts'
import { severityCode } from '../entry/severity.ts'
import type { EntryRow } from '../entry/validate.ts'
import { storedEvent } from '../upcast/upcast-event.ts'

/**
 * The row that an entry was appended as.
 * @param ownId the id that the store gives an entry at this place: it is not among the columns
 */
export function rowOfEntry(given: LogEntry | EventMessage, ownId: string): EntryRow {
  const entry = 'message' in given ? given : storedEvent(given)
  const { topic, timestamp, checkpointMarker: marker } = entry
  return {
    topic,
    timestamp,
    metadata: jsonText(entry.metadata),
    id: entry.id === ownId ? undefined : entry.id,
    marker,
    ...('message' in entry
      ? { level: severityCode(entry.severity), textKind: 'message', text: entry.message }
      : { level: priorityCode(entry.priority), ...payloadColumns(entry.payload) }),
  }
}

function payloadColumns(payload: JsonValue | Uint8Array): Pick<EntryRow, 'textKind' | 'text'> {
  return isBytes(payload)
    ? { textKind: 'bytes', text: payload }
    : { textKind: 'json', text: utf8Encode(jsonText(payload)) }
}

function jsonText(value: JsonValue): string {
  return canonicalJson(value, { code: 'STREAM_VALUE_INVALID', what: 'an entry' })
}
