import { formatCount, formatTime } from './quantities.ts'
import { renderTable } from './table.ts'
import type { Terminal } from './terminal.ts'

type JsonCell = string | number | boolean | null | readonly unknown[] | object
export type RecordRow = Readonly<Record<string, JsonCell>>

/** Columns that hold milliseconds since 1970. */
const TIME_COLUMNS: ReadonlySet<string> = new Set(['time', 'timestamp'])

/** Rows of one kind as a table: a column for each name, in the order in which names are met. */
export function renderRecords(terminal: Terminal, rows: readonly RecordRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const isNumeric = (name: string): boolean =>
    !TIME_COLUMNS.has(name) && rows.every((row) => row[name] === null || typeof row[name] === 'number')
  return renderTable(
    terminal,
    names.map((name) => ({ title: name, align: isNumeric(name) ? 'right' : 'left' })),
    rows.map((row) => names.map((name) => cellText(name, row[name]))),
  )
}

function cellText(name: string, value: JsonCell | undefined): string {
  if (value === undefined || value === null) return '-'
  if (typeof value === 'number') {
    if (TIME_COLUMNS.has(name)) return formatTime(value)
    return Number.isInteger(value) ? formatCount(value) : value.toFixed(3)
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
