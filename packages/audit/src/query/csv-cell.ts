/** Spreadsheets run what begins with one of these. */
const FORMULA_START = /^[=+\-@\t\r\n]/
const NEEDS_QUOTES = /[",\r\n]/

/** RFC 4180: each record ends so. */
export const CSV_LINE_END = '\r\n'

/** A field of a CSV record by RFC 4180. What a spreadsheet would run begins with an apostrophe. */
export function csvCell(text: string): string {
  const safe = FORMULA_START.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
