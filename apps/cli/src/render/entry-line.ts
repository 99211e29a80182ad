import { isBytes } from '@forgeone/common'
import type { EventMessage, LogEntry } from '@forgeone/streams'
import { printable, printableText } from './printable.ts'
import { formatTime } from './quantities.ts'
import type { Terminal } from './terminal.ts'

export function logLine(terminal: Terminal, entry: LogEntry): string {
  const { severity, timestamp, topic, message } = entry
  const label = severity.toUpperCase().padEnd(8)
  const grave = severity === 'error' || severity === 'critical'
  const colored = grave
    ? terminal.style(label, 'red')
    : severity === 'warn'
      ? terminal.style(label, 'yellow')
      : terminal.style(label, 'dim')
  return `${terminal.style(formatTime(timestamp), 'dim')} ${colored} ${terminal.style(printable(topic), 'cyan')} ${printableText(message)}`
}

export function eventLine(terminal: Terminal, event: EventMessage): string {
  const { priority, timestamp, topic, payload } = event
  const label = priority.padEnd(8)
  const colored =
    priority === 'critical' || priority === 'high'
      ? terminal.style(label, 'yellow')
      : terminal.style(label, 'dim')
  const shown = isBytes(payload) ? `<${payload.length} bytes>` : JSON.stringify(payload)
  return `${terminal.style(formatTime(timestamp), 'dim')} ${colored} ${terminal.style(printable(topic), 'cyan')} ${printable(shown)}`
}
