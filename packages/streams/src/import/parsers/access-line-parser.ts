import { SEVERITY_CODES } from '../../entry/severity.ts'
import { clockMs, DAY_MS, epochDay, isDate, monthOfName } from '../../time/civil-time.ts'
import { countDigits, fourDigits, twoDigits } from '../../time/digits.ts'
import { readZoneOffset, type TimeCursor } from '../../time/iso-time.ts'
import type { LineParser, ParsedLine } from '../lines/line-parser.ts'

/** `dd/Mon/yyyy:hh:mm:ss +zzzz` between brackets. */
const TIME_CHARS = 26
const QUOTE_AND_BLANK = '" '

/** Access logs of Apache and nginx, common and combined, with or without a virtual host in front. */
export function createAccessLineParser(): LineParser {
  const cursor: TimeCursor = { end: 0 }
  let lastText = ''
  let lastMs = 0
  return {
    format: 'access',
    name: 'access',
    parse: (line): ParsedLine | undefined => {
      // The user name before the time may hold a bracket of its own.
      for (let open = line.indexOf('['); open !== -1; open = line.indexOf('[', open + 1)) {
        if (line.charCodeAt(open + TIME_CHARS + 1) !== 93 /* ] */) continue
        if (lastText === '' || !line.startsWith(lastText, open + 1)) {
          const ms = readAccessTime(line, open + 1, cursor)
          if (Number.isNaN(ms)) continue
          lastText = line.slice(open + 1, open + 1 + TIME_CHARS)
          lastMs = ms
        }
        const level = levelOfStatus(line, open + TIME_CHARS + 2)
        return level === undefined ? undefined : { timestamp: lastMs, level }
      }
      return undefined
    },
  }
}

function readAccessTime(line: string, at: number, cursor: TimeCursor): number {
  const day = twoDigits(line, at)
  const month = monthOfName(line, at + 3)
  const year = fourDigits(line, at + 7)
  if (line.charCodeAt(at + 2) !== 47 || line.charCodeAt(at + 6) !== 47 || line.charCodeAt(at + 11) !== 58)
    return NaN
  if (!isDate(year, month, day)) return NaN
  const clock = clockMs(twoDigits(line, at + 12), twoDigits(line, at + 15), twoDigits(line, at + 18))
  return epochDay(year, month, day) * DAY_MS + clock - readZoneOffset(line, at + 21, cursor)
}

/** The level by the status behind the request; undefined when there is no quoted request with a status. */
function levelOfStatus(line: string, at: number): number | undefined {
  if (!line.startsWith(' "', at)) return undefined
  for (
    let quote = line.indexOf(QUOTE_AND_BLANK, at + 2);
    quote !== -1;
    quote = line.indexOf(QUOTE_AND_BLANK, quote + 1)
  ) {
    if (isEscaped(line, quote)) continue
    if (countDigits(line, quote + 2, 4) !== 3) continue
    const hundreds = line.charCodeAt(quote + 2) - 48
    return hundreds >= 5 ? SEVERITY_CODES.error : hundreds === 4 ? SEVERITY_CODES.warn : SEVERITY_CODES.info
  }
  return undefined
}

function isEscaped(line: string, quote: number): boolean {
  let backslashes = 0
  while (line.charCodeAt(quote - 1 - backslashes) === 92) backslashes += 1
  return backslashes % 2 === 1
}
