import type { ReceiptAccepted } from '@forgeone/audit/verify'
import { readRunContent, type RunEntries } from '@forgeone/streams'
import { entryDetails } from '../../render/entry-details.ts'
import { eventLine, logLine } from '../../render/entry-line.ts'
import { formatCount, formatTime } from '../../render/quantities.ts'
import { printable } from '../../render/printable.ts'
import type { Terminal } from '../../render/terminal.ts'

/** A receipt has room for some thousand short entries; a reader has not. */
const ENTRIES_SHOWN_MAX = 20

/** What entries the receipt proves. Only what the verifier has accepted is read. @returns undefined where it has a hash alone */
export function provenEntries({ entryContent }: ReceiptAccepted): RunEntries | undefined {
  return entryContent === undefined ? undefined : readRunContent(entryContent)
}

/** Each line of an entry begins with a mark, so that no message can pass for a line of the verifier. */
export function renderProvenEntries(terminal: Terminal, run: RunEntries): string {
  const { entries, kind, topic, commitTime } = run
  const shown = entries.slice(0, ENTRIES_SHOWN_MAX)
  const noun =
    entries.length === 1
      ? kind === 'logs'
        ? 'log entry'
        : 'event'
      : kind === 'logs'
        ? 'log entries'
        : 'events'
  const head = `    proves ${formatCount(entries.length)} ${noun} in ${printable(topic)}, committed ${formatTime(commitTime)}:`
  const lines = shown.flatMap((entry) => {
    const line = 'message' in entry ? logLine(terminal, entry) : eventLine(terminal, entry)
    return [...line.split('\n'), ...entryDetails(terminal, entry)]
  })
  const rest = entries.length - shown.length
  const tail = rest === 0 ? [] : [`    and ${formatCount(rest)} more; --json tells all`]
  return `${[head, ...lines.map((line) => `    | ${line}`), ...tail].join('\n')}\n`
}
