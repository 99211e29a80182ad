/** Wider lines wrap in a terminal, and then the caret points nowhere. */
const LINE_CHARS_MAX = 100
const CONTEXT_BEFORE_CHARS = 60
/** Controls would move the cursor, line ends would break the two lines: each becomes one blank. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu

/** Two lines: the query around a place, and a `^` under it. Counts UTF-16 units, as `details.offset` does. */
export function caretMessage(query: string, offset: number): string {
  const line = query.replace(CONTROL, ' ')
  const place = Math.max(0, Math.min(offset, line.length))
  if (line.length <= LINE_CHARS_MAX) return `${line}\n${' '.repeat(place)}^`
  const start = Math.max(0, Math.min(place - CONTEXT_BEFORE_CHARS, line.length - LINE_CHARS_MAX))
  const end = Math.min(line.length, start + LINE_CHARS_MAX)
  const head = start > 0 ? '…' : ''
  const tail = end < line.length ? '…' : ''
  return `${head}${line.slice(start, end)}${tail}\n${' '.repeat(head.length + place - start)}^`
}
