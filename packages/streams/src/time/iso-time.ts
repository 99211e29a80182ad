import { clockMs, DAY_MS, epochDay, HOUR_MS, isDate, MINUTE_MS } from './civil-time.ts'
import { countDigits, fourDigits, twoDigits } from './digits.ts'
import { zoneNameAt } from './zone-names.ts'

/** Where a reader stopped: one object is used again and again, since this runs for every line. */
export interface TimeCursor {
  end: number
}

/** Digits of a fraction beyond nanoseconds are no time of any known system. */
const FRACTION_DIGITS_MAX = 9

/** Midnight of the `YYYY-MM-DD` at `at` as if in UTC, or NaN. Always 10 characters. */
export function readIsoDate(text: string, at: number): number {
  const year = fourDigits(text, at)
  const month = twoDigits(text, at + 5)
  const day = twoDigits(text, at + 8)
  if (year < 0 || text.charCodeAt(at + 4) !== 45 || text.charCodeAt(at + 7) !== 45) return NaN
  return isDate(year, month, day) ? epochDay(year, month, day) * DAY_MS : NaN
}

/** Milliseconds into the day of the `HH:MM:SS` at `at`, or NaN. Always 8 characters. */
export function readClock(text: string, at: number): number {
  if (text.charCodeAt(at + 2) !== 58 || text.charCodeAt(at + 5) !== 58) return NaN
  return clockMs(twoDigits(text, at), twoDigits(text, at + 3), twoDigits(text, at + 6))
}

/** Whole milliseconds of a `.` or `,` and digits at `at`; 0 when there are none. Sets the cursor behind them. */
export function readFraction(text: string, at: number, cursor: TimeCursor): number {
  cursor.end = at
  const mark = text.charCodeAt(at)
  if (mark !== 46 && mark !== 44) return 0
  const count = countDigits(text, at + 1, FRACTION_DIGITS_MAX)
  if (count === 0) return 0
  cursor.end = at + 1 + count
  let ms = 0
  for (let place = 0; place < 3; place += 1) {
    ms = ms * 10 + (place < count ? text.charCodeAt(at + 1 + place) - 48 : 0)
  }
  return ms
}

/** Offset in milliseconds of `Z`, `UTC`, `GMT`, `+hh:mm`, `+hhmm` or `+hh` at `at`; NaN when none is there. */
export function readZoneOffset(text: string, at: number, cursor: TimeCursor): number {
  cursor.end = at
  const sign = text.charCodeAt(at)
  if (sign === 90 /* Z */ || sign === 122) {
    cursor.end = at + 1
    return 0
  }
  if (sign === 85 /* U */ || sign === 71 /* G */) {
    if (!text.startsWith('UTC', at) && !text.startsWith('GMT', at)) return NaN
    cursor.end = at + 3
    return 0
  }
  if (sign !== 43 && sign !== 45) return NaN
  const hours = twoDigits(text, at + 1)
  if (hours < 0 || hours > 18) return NaN
  const minutesAt = text.charCodeAt(at + 3) === 58 ? at + 4 : at + 3
  const minutes = twoDigits(text, minutesAt)
  cursor.end = minutes < 0 ? at + 3 : minutesAt + 2
  if (minutes > 59) return NaN
  const offset = hours * HOUR_MS + Math.max(minutes, 0) * MINUTE_MS
  return sign === 45 ? -offset : offset
}

/**
 * The offset of a zone right behind a time, or after one blank; NaN when none is there, with the cursor left at `at`, or
 * when a name is there that several zones share, with the cursor behind it. After a blank it must be unmistakable, since
 * the text of the line may begin there: ` +0100`, ` CEST`, ` [CEST]`, ` +05`, and ` -03` before what is no text, not ` -12 things`.
 */
export function readZoneSuffix(text: string, at: number, cursor: TimeCursor): number {
  const start = text.charCodeAt(at) === 32 ? at + 1 : at
  const close = CLOSING.get(text.charAt(start))
  if (close !== undefined) {
    const offset = readBracketedZone(text, { start: start + 1, close }, cursor)
    if (cursor.end === start + 1) cursor.end = at
    return offset
  }
  const isOffset = isGreenwich(text, start)
  const named = isOffset ? undefined : zoneNameAt(text, start)
  if (named !== undefined) {
    cursor.end = start + named.length
    return named.offsetMs
  }
  const offset = isOffset ? readSignedOffset(text, start + 3, cursor) : readZoneOffset(text, start, cursor)
  const isClear = start === at || isUnmistakable(text, start, cursor.end)
  if (!Number.isNaN(offset) && isClear && !/\d/.test(text.charAt(cursor.end))) return offset
  cursor.end = at
  return NaN
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['[', ']'],
  ['<', '>'],
])

/** A zone alone in brackets: a name, or hours and minutes, since `[-12]` may be anything. The cursor stays at `start` when none is there. */
function readBracketedZone(
  text: string,
  { start, close }: { readonly start: number; readonly close: string },
  cursor: TimeCursor,
): number {
  const named = zoneNameAt(text, start)
  const offset = named === undefined ? readZoneOffset(text, start, cursor) : named.offsetMs
  const end = named === undefined ? cursor.end : start + named.length
  const isZone =
    text.charAt(end) === close && (named !== undefined || (!Number.isNaN(offset) && end - start >= 5))
  cursor.end = isZone ? end + 1 : start
  return isZone ? offset : NaN
}

/** `UTC+2`, `GMT+02:00`: the name alone would say another time. */
function isGreenwich(text: string, at: number): boolean {
  if (!text.startsWith('UTC', at) && !text.startsWith('GMT', at)) return false
  const sign = text.charCodeAt(at + 3)
  return sign === 43 || sign === 45
}

function readSignedOffset(text: string, at: number, cursor: TimeCursor): number {
  const isShort = countDigits(text, at + 1, 2) === 1
  const offset = isShort
    ? readZoneOffset(`${text[at]}0${text[at + 1]}`, 0, cursor)
    : readZoneOffset(text, at, cursor)
  if (isShort) cursor.end = at + 2
  return offset
}

/** What of an offset of two digits is not the beginning of the text: an end, a bracket, `:`, or a word in capitals. */
const BEHIND_HOURS = /(?:$|[\]),|:"]| \[| ?$| \(| [A-Z]{3,}\b)/y

function isUnmistakable(text: string, start: number, end: number): boolean {
  if (end - start >= 5) return true
  const first = text.charCodeAt(start)
  if (first === 90 /* Z */) return !/\w/.test(text.charAt(end))
  if (end - start !== 3) return false
  // A number of the text has no plus.
  if (first === 43 /* + */ && /^ ?$/.test(text.charAt(end))) return true
  BEHIND_HOURS.lastIndex = end
  return BEHIND_HOURS.test(text)
}
