const QUOTE = 34
const BACKSLASH = 92

/** Gets a key and the place of its value; returns false to stop. */
export type MemberVisitor = (key: string, valueStart: number, valueEnd: number) => boolean

/**
 * Walks the members at the top of a JSON object without building it: at import only two of them matter. Checks no more
 * than it needs to find its way; returns false when the line is no object. Keys with escapes are given as written.
 * @param o.isCut the line is the beginning of a longer one: it may end anywhere, and its whole members count
 */
export function scanMembers(
  line: string,
  visit: MemberVisitor,
  { isCut = false }: { readonly isCut?: boolean } = {},
): boolean {
  let at = skipBlanks(line, 0)
  if (line.charCodeAt(at) !== 123 /* { */ || !(isCut || endsWithBrace(line))) return false
  at = skipBlanks(line, at + 1)
  while (line.charCodeAt(at) === QUOTE) {
    const keyEnd = stringEnd(line, at)
    if (keyEnd === -1) return isCut
    const colon = skipBlanks(line, keyEnd)
    if (line.charCodeAt(colon) !== 58 /* : */) return isCut && colon >= line.length
    const valueStart = skipBlanks(line, colon + 1)
    const valueEnd = endOfValue(line, valueStart)
    if (valueEnd === -1) return isCut
    if (!visit(line.slice(at + 1, keyEnd - 1), valueStart, valueEnd)) return true
    at = skipBlanks(line, valueEnd)
    if (line.charCodeAt(at) !== 44 /* , */) break
    at = skipBlanks(line, at + 1)
  }
  return line.charCodeAt(at) === 125 /* } */ || (isCut && at >= line.length)
}

function endsWithBrace(line: string): boolean {
  let last = line.length - 1
  while (last > 0 && line.charCodeAt(last) <= 32) last -= 1
  return line.charCodeAt(last) === 125
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (line.charCodeAt(at) <= 32) at += 1
  return at
}

/** The place behind the string that starts at `start`, or -1. */
function stringEnd(line: string, start: number): number {
  for (let quote = line.indexOf('"', start + 1); quote !== -1; quote = line.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (line.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return quote + 1
  }
  return -1
}

/** The place behind the value that starts at `start`, or -1. */
function endOfValue(line: string, start: number): number {
  const first = line.charCodeAt(start)
  if (first === QUOTE) return stringEnd(line, start)
  if (first !== 123 && first !== 91) return endOfScalar(line, start)
  let depth = 0
  let at = start
  while (at < line.length) {
    const code = line.charCodeAt(at)
    if (code === QUOTE) {
      at = stringEnd(line, at)
      if (at === -1) return -1
      continue
    }
    if (code === 123 || code === 91) depth += 1
    else if (code === 125 || code === 93) depth -= 1
    at += 1
    if (depth === 0) return at
  }
  return -1
}

function endOfScalar(line: string, start: number): number {
  let at = start
  // Digits, letters, `+`, `-` and `.`: all that a number, true, false or null is made of.
  for (let code = line.charCodeAt(at); code > 42 && code !== 44 && code !== 93 && code !== 125;) {
    at += 1
    code = line.charCodeAt(at)
  }
  return at > start ? at : -1
}
