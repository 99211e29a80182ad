import { severityCodeOfWord } from '../../entry/severity.ts'

/** Levels stand soon after the time; what comes later is the message. */
const WORDS_MAX = 6
const SCANNED_CHARS_MAX = 160
const LEVEL_CHARS_MAX = 13
const DOT = 46

/**
 * The severity code a line names from `start` on. The first word counts in any case; later ones only in capitals or
 * right after a bracket, colon, `=` or `|`, since a message may begin with "an error occurred".
 */
export function findLevel(line: string, start: number): number | undefined {
  const end = Math.min(line.length, start + SCANNED_CHARS_MAX)
  let at = start
  for (let word = 0; word < WORDS_MAX; word += 1) {
    while (at < end && !isLetter(line.charCodeAt(at))) at += 1
    const wordStart = at
    while (at < end && isLetter(line.charCodeAt(at))) at += 1
    const length = at - wordStart
    if (length === 0) return undefined
    const isWhole = length > 2 && length <= LEVEL_CHARS_MAX && !continuesWord(line.charCodeAt(at))
    // The look-up comes last, since it costs more than all before it.
    if (isWhole && (word === 0 || standsOut(line, wordStart))) {
      const code = severityCodeOfWord(line.slice(wordStart, at))
      if (code !== undefined) return code
    }
    at = fieldEnd(line, at, { end, endsAtDot: word === 0 })
  }
  return undefined
}

/** Laravel puts the name of the environment before the level: `prod.ERROR`. Hence the dot in the first field. */
function fieldEnd(
  line: string,
  start: number,
  { end, endsAtDot }: { readonly end: number; readonly endsAtDot: boolean },
): number {
  let at = start
  for (let code = line.charCodeAt(at); at < end && !endsField(code); code = line.charCodeAt(at)) {
    if (endsAtDot && code === DOT) return at
    at += 1
  }
  return at
}

function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

/** `-`, `.`, `/`, digits and `_` make a word a part of a name, as in `error.log`. */
function continuesWord(code: number): boolean {
  return (code >= 45 && code <= 57) || code === 95
}

/** Blank, `:`, `=`, `]`, `|`. */
function endsField(code: number): boolean {
  return code === 32 || code === 9 || code === 58 || code === 61 || code === 93 || code === 124
}

/** Two capitals, or a bracket, `:`, `=`, `|`, `"` just before. */
function standsOut(line: string, wordStart: number): boolean {
  const first = line.charCodeAt(wordStart)
  const second = line.charCodeAt(wordStart + 1)
  return (first < 97 && second < 97) || '[<(:=|"'.includes(line[wordStart - 1]!)
}
