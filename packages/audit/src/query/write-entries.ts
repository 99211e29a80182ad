import type { AuditEntry } from './audit-entry.ts'
import { CSV_LINE_END, csvCell } from './csv-cell.ts'

const COLUMNS = [
  'index',
  'time',
  'actor',
  'action',
  'resource',
  'resourceHash',
  'puts',
  'deletes',
  'entries',
  'context',
] as const

/** First line of a CSV export: RFC 4180, UTF-8. */
export const AUDIT_CSV_HEADER: string = COLUMNS.join(',') + CSV_LINE_END

/** One line of a CSV export. Cells that a spreadsheet would run begin with an apostrophe. */
export function auditCsvLine({ index, facts }: AuditEntry): string {
  const cells = [
    String(index),
    new Date(facts.time).toISOString(),
    facts.actor,
    facts.action,
    facts.resourceClass,
    facts.resourceHash ?? '',
    String(facts.puts),
    String(facts.deletes),
    facts.entries === undefined ? '' : String(facts.entries.count),
    facts.context === undefined ? '' : JSON.stringify(facts.context),
  ]
  return cells.map(csvCell).join(',') + CSV_LINE_END
}

/** One line of an NDJSON export: the leaf as it was hashed, and its index. */
export function auditJsonLine({ index, leaf }: AuditEntry): string {
  return `{"index":${index},"leaf":${leaf}}\n`
}
