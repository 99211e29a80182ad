import { ForgeError } from '@forgeone/common'
import { clockMs, DAY_MS, MINUTE_MS, SECOND_MS } from './civil-time.ts'
import { twoDigits } from './digits.ts'
import { parseDuration } from './duration.ts'
import { readClock, readFraction, readIsoDate, readZoneOffset, type TimeCursor } from './iso-time.ts'

const TIME_MS_MAX = 8_640_000_000_000_000
const RELATIVE = /^(?:now)?([+-])(.+)$/
const EXPRESSION_CHARS_MAX = 64

/** A moment and how much time its text stands for: a day for a date, 1 for a full timestamp. */
export interface IsoMoment {
  readonly ms: number
  readonly precisionMs: number
}

/**
 * Reads a moment: ISO 8601 (UTC when it names no zone), milliseconds since 1970, a Date, `now`,
 * or relative to `now` such as `-15m`, `-2h`, `-7d`, `-1w`, `-500ms`.
 * @throws STREAM_TIME_INVALID
 */
export function parseTimeExpression(expression: string | number | Date, now: number): number {
  const ms = typeof expression === 'string' ? readText(expression.trim(), now) : Number(expression)
  if (!Number.isInteger(ms) || Math.abs(ms) > TIME_MS_MAX) {
    throw new ForgeError('STREAM_TIME_INVALID', 'the time is not understood', { details: { field: 'time' } })
  }
  return ms
}

function readText(text: string, now: number): number {
  if (text.length > EXPRESSION_CHARS_MAX) return NaN
  if (text === 'now') return now
  if (/^-?\d+$/.test(text)) return Number(text)
  const relative = RELATIVE.exec(text)
  if (relative !== null) {
    const distance = parseDuration(relative[2]!)
    return distance === undefined ? NaN : now + (relative[1] === '-' ? -distance : distance)
  }
  return parseIsoMoment(text)?.ms ?? NaN
}

/** Reads a whole ISO 8601 text, of date, minutes, seconds or fraction; undefined when it is none. */
export function parseIsoMoment(text: string): IsoMoment | undefined {
  const date = readIsoDate(text, 0)
  if (Number.isNaN(date)) return undefined
  if (text.length === 10) return { ms: date, precisionMs: DAY_MS }
  if (!/[Tt ]/.test(text[10]!)) return undefined
  const cursor: TimeCursor = { end: 16 }
  let ms: number
  let precisionMs = MINUTE_MS
  if (text.charCodeAt(16) === 58) {
    ms = readClock(text, 11) + readFraction(text, 19, cursor)
    precisionMs = cursor.end > 19 ? 1 : SECOND_MS
  } else {
    if (text.charCodeAt(13) !== 58) return undefined
    ms = clockMs(twoDigits(text, 11), twoDigits(text, 14), 0)
  }
  let offset = 0
  if (cursor.end < text.length) offset = readZoneOffset(text, cursor.end, cursor)
  if (Number.isNaN(ms + offset) || cursor.end !== text.length) return undefined
  return { ms: date + ms - offset, precisionMs }
}
