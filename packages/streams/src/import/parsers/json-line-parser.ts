import { SEVERITY_CODES, severityCodeOfWord } from '../../entry/severity.ts'
import type { LineParser, ParsedLine, ParserSettings } from '../line-parser.ts'
import { IsoTimeReader } from './iso-line-parser.ts'
import { scanMembers } from './json-members.ts'
import { SYSLOG_LEVELS } from './syslog-line-parser.ts'

const TIME_KEYS: ReadonlySet<string> = new Set(['time', 'timestamp', 'ts', '@timestamp', 'date'])
const LEVEL_KEYS: ReadonlySet<string> = new Set(['level', 'severity', 'lvl'])
/** Epoch numbers below these are seconds, milliseconds, microseconds; above the last, nanoseconds. */
const SECONDS_MAX = 1e11
const MILLISECONDS_MAX = 1e14
const MICROSECONDS_MAX = 1e17
/** pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
const PINO_LEVELS: readonly number[] = [
  SEVERITY_CODES.trace,
  SEVERITY_CODES.trace,
  SEVERITY_CODES.debug,
  SEVERITY_CODES.info,
  SEVERITY_CODES.warn,
  SEVERITY_CODES.error,
  SEVERITY_CODES.critical,
]

/** One JSON object a line, with a time in a member at the top. */
export function createJsonLineParser(settings: ParserSettings): LineParser {
  const iso = new IsoTimeReader(settings)
  return {
    format: 'jsonl',
    name: 'jsonl',
    parse: (line): ParsedLine | undefined => {
      let timestamp = NaN
      let level: number | undefined
      const isObject = scanMembers(line, (key, valueStart, valueEnd) => {
        if (Number.isNaN(timestamp) && TIME_KEYS.has(key))
          timestamp = readTime(line, valueStart, valueEnd, iso)
        else if (level === undefined && LEVEL_KEYS.has(key)) level = readLevel(line, valueStart, valueEnd)
        // Members behind both need not be read.
        return Number.isNaN(timestamp) || level === undefined
      })
      return isObject && !Number.isNaN(timestamp) ? { timestamp, level } : undefined
    },
  }
}

function readTime(line: string, start: number, end: number, iso: IsoTimeReader): number {
  const isText = line.charCodeAt(start) === 34
  if (isText) {
    const timestamp = iso.read(line, start + 1)
    if (!Number.isNaN(timestamp)) return iso.end === end - 1 ? timestamp : NaN
  }
  const digits = isText ? line.slice(start + 1, end - 1) : line.slice(start, end)
  return /^\d{9,19}(?:\.\d+)?$/.test(digits) ? epochMs(Number(digits)) : NaN
}

function epochMs(epoch: number): number {
  if (epoch < SECONDS_MAX) return Math.round(epoch * 1_000)
  if (epoch < MILLISECONDS_MAX) return Math.floor(epoch)
  return Math.floor(epoch < MICROSECONDS_MAX ? epoch / 1e3 : epoch / 1e6)
}

function readLevel(line: string, start: number, end: number): number | undefined {
  if (line.charCodeAt(start) === 34) {
    const word = line.slice(start + 1, end - 1)
    return severityCodeOfWord(word) ?? severityCodeOfWord(word.toLowerCase())
  }
  const number = Number(line.slice(start, end))
  if (!Number.isInteger(number) || number < 0) return undefined
  // GELF and journald write the syslog severities 0 to 7.
  return number < 8 ? SYSLOG_LEVELS[number] : PINO_LEVELS[Math.min(Math.floor(number / 10), 6)]
}
