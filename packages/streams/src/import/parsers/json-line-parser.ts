import { LINE_BYTES_MAX } from '../lines/line-splitter.ts'
import type { LineParser, ParsedLine, ParserSettings } from '../lines/line-parser.ts'
import { IsoTimeReader } from './iso-line-parser.ts'
import { levelOfMember, isLevelMember } from './json-level.ts'
import { scanMembers } from './json-members.ts'

/**
 * Members at the top that are known as a time. Of journald, CloudTrail, Kubernetes audit, Serilog, Log4j 2,
 * OpenTelemetry and MongoDB: the names that only they use.
 */
const TIME_KEYS: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'ts',
  '@timestamp',
  'date',
  'datetime',
  'asctime',
  '__REALTIME_TIMESTAMP',
  'eventTime',
  'requestReceivedTimestamp',
  'stageTimestamp',
  '@t',
  't',
  'timeMillis',
  'instant',
  'timeUnixNano',
  'observedTimeUnixNano',
])
/** Epoch numbers below these are seconds, milliseconds, microseconds; above the last, nanoseconds. */
const SECONDS_MAX = 1e11
const MILLISECONDS_MAX = 1e14
const MICROSECONDS_MAX = 1e17
/** A part of a line that was cut ends between two characters, at most 3 bytes before the limit. */
const CUT_LENGTH_MIN = LINE_BYTES_MAX - 3

/** One JSON object a line, with a time in a member at the top. */
export function createJsonLineParser(settings: ParserSettings): LineParser {
  const iso = new IsoTimeReader(settings)
  return {
    format: 'jsonl',
    name: 'jsonl',
    parse: (line): ParsedLine | undefined => {
      let timestamp = NaN
      let level: number | undefined
      iso.hasUnknownZone = false
      const isObject = scanMembers(
        line,
        (key, valueStart, valueEnd) => {
          if (Number.isNaN(timestamp) && TIME_KEYS.has(key))
            timestamp = readTime(line, valueStart, valueEnd, iso)
          else if (level === undefined && isLevelMember(key))
            level = levelOfMember(key, line.slice(valueStart, valueEnd))
          // Members behind both need not be read.
          return Number.isNaN(timestamp) || level === undefined
        },
        { isCut: line.length >= CUT_LENGTH_MIN },
      )
      if (!isObject || Number.isNaN(timestamp)) return undefined
      return iso.hasUnknownZone ? { timestamp, level, hasUnknownZone: true } : { timestamp, level }
    },
  }
}

/** Why no line is read that is a JSON object. @returns undefined when no line is one */
export function whyNoJsonTime(lines: readonly string[]): string | undefined {
  const isObject = lines.some((line) =>
    scanMembers(line, () => true, { isCut: line.length >= CUT_LENGTH_MIN }),
  )
  if (!isObject) return undefined
  return `the lines are JSON, but no member at the top is known as a time and holds one; known are ${[...TIME_KEYS].join(', ')}`
}

function readTime(line: string, start: number, end: number, iso: IsoTimeReader): number {
  const first = line.charCodeAt(start)
  if (first === 123 /* { */) return readTimeObject(line.slice(start, end), iso)
  const isText = first === 34
  if (isText) {
    const timestamp = iso.read(line, start + 1)
    if (!Number.isNaN(timestamp)) return iso.end === end - 1 ? timestamp : NaN
  }
  const digits = isText ? line.slice(start + 1, end - 1) : line.slice(start, end)
  return /^\d{9,19}(?:\.\d+)?$/.test(digits) ? epochMs(Number(digits)) : NaN
}

/** Log4j 2 writes `{"epochSecond":…,"nanoOfSecond":…}`, MongoDB `{"$date":"…"}`. */
function readTimeObject(text: string, iso: IsoTimeReader): number {
  let seconds = NaN
  let nanos = 0
  let date = NaN
  scanMembers(text, (key, start, end) => {
    if (key === 'epochSecond') seconds = Number(text.slice(start, end))
    else if (key === 'nanoOfSecond') nanos = Number(text.slice(start, end))
    else if (key === '$date') date = readTime(text, start, end, iso)
    return true
  })
  return Number.isNaN(date) ? seconds * 1_000 + Math.floor(nanos / 1e6) : date
}

function epochMs(epoch: number): number {
  if (epoch < SECONDS_MAX) return Math.round(epoch * 1_000)
  if (epoch < MILLISECONDS_MAX) return Math.floor(epoch)
  return Math.floor(epoch < MICROSECONDS_MAX ? epoch / 1e3 : epoch / 1e6)
}
