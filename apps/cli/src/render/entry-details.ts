import type { EventMessage, LogEntry } from '@forgeone/streams'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

/** What the line of an entry leaves out, a field a line. */
export function entryDetails(terminal: Terminal, entry: LogEntry | EventMessage): readonly string[] {
  const { id, metadata, checkpointMarker, contentHash } = entry
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['id', id],
    ['metadata', Object.keys(metadata).length === 0 ? undefined : JSON.stringify(metadata)],
    ['marker', checkpointMarker],
    ['content hash', contentHash],
  ]
  return fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${terminal.style(name.padEnd(12), 'dim')}  ${printable(value)}`],
  )
}
