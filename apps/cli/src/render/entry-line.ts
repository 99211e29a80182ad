import type { EventMessage, LogEntry } from '@forgeone/streams'
import { formatTime } from './quantities.ts'
import type { Terminal } from './terminal.ts'

// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g

/** Stored text must not drive the terminal: control characters are shown, not sent. */
export function printable(text: string): string {
  return text.replace(
    CONTROL_CHARACTERS,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

export function logLine(terminal: Terminal, entry: LogEntry): string {
  const { severity, timestamp, topic, message } = entry
  const label = severity.toUpperCase().padEnd(8)
  const grave = severity === 'error' || severity === 'critical'
  const colored = grave
    ? terminal.style(label, 'red')
    : severity === 'warn'
      ? terminal.style(label, 'yellow')
      : terminal.style(label, 'dim')
  return `${terminal.style(formatTime(timestamp), 'dim')} ${colored} ${terminal.style(topic, 'cyan')} ${printable(message)}`
}

export function eventLine(terminal: Terminal, event: EventMessage): string {
  const { priority, timestamp, topic, payload } = event
  const label = priority.padEnd(8)
  const colored =
    priority === 'critical' || priority === 'high'
      ? terminal.style(label, 'yellow')
      : terminal.style(label, 'dim')
  const shown = payload instanceof Uint8Array ? `<${payload.length} bytes>` : JSON.stringify(payload)
  return `${terminal.style(formatTime(timestamp), 'dim')} ${colored} ${terminal.style(topic, 'cyan')} ${printable(shown)}`
}
