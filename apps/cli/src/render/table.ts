import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** A table with a header line, columns as wide as their widest cell. */
export function renderTable(
  terminal: Terminal,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const shown = rows.map((row) => row.map(printable))
  const titles = columns.map((column) => printable(column.title))
  const widths = columns.map((_, index) => widest(titles[index]!, shown, index))
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? ''
        return column.align === 'right' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)
      })
      .join('  ')
      .trimEnd()
  const header = terminal.style(line(titles), 'bold')
  return [header, ...shown.map(line)].map((text) => `${text}\n`).join('')
}

/** Not by spreading: a table may have more rows than a call has arguments. */
function widest(title: string, rows: readonly (readonly string[])[], index: number): number {
  let width = title.length
  for (const row of rows) width = Math.max(width, (row[index] ?? '').length)
  return width
}
