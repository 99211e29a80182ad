import { CSV_LINE_END, csvCell } from '@forgeone/audit'
import type { ControlState } from './control-states.ts'
import { EVIDENCE_MEANING } from './evidence-summary.ts'

const COLUMNS = [
  'framework',
  'control',
  'about',
  'evidence',
  'evidenceState',
  'rows',
  'reason',
  'notFromTheStore',
  'meaning',
] as const

/** A line a control: RFC 4180, and nothing a spreadsheet would run. */
export function controlsCsv(controls: readonly ControlState[]): string {
  const lines = controls.map(({ framework, id, about, evidence, state, rows, reason, notFromTheStore }) => [
    framework,
    id,
    about,
    evidence,
    state,
    String(rows),
    reason ?? '',
    notFromTheStore,
    // A line may be all that somebody looks at.
    EVIDENCE_MEANING,
  ])
  return [COLUMNS, ...lines].map((cells) => cells.map(csvCell).join(',') + CSV_LINE_END).join('')
}
