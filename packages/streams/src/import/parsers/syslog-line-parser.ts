import { SEVERITY_CODES } from '../../entry/severity.ts'
import { clockMs, DAY_MS, epochDay, isDate, monthOfName } from '../../time/civil-time.ts'
import { countDigits, fourDigits, oneDigit, twoDigits } from '../../time/digits.ts'
import { readFraction, type TimeCursor } from '../../time/iso-time.ts'
import { zoneNameAt } from '../../time/zone-names.ts'
import type { ZoneOffset } from '../../time/zone.ts'
import type { LineParser, ParsedLine, ParserSettings } from '../lines/line-parser.ts'
import { YearClock } from '../lines/year-clock.ts'
import { IsoTimeReader } from './iso-line-parser.ts'

/** RFC 5424 6.2.1: severities 0 to 7, gravest first; the first three are all beyond `error`. */
export const SYSLOG_LEVELS: readonly number[] = [
  SEVERITY_CODES.critical,
  SEVERITY_CODES.critical,
  SEVERITY_CODES.critical,
  SEVERITY_CODES.error,
  SEVERITY_CODES.warn,
  SEVERITY_CODES.notice,
  SEVERITY_CODES.info,
  SEVERITY_CODES.debug,
]
/** RFC 5424 6.2.1: facility 0 to 23, times 8, plus severity. */
const PRIORITY_VALUE_MAX = 191

/** Syslog lines of RFC 5424 and RFC 3164, with `<PRI>` or as files keep them, without. */
export function createSyslogLineParser(settings: ParserSettings): LineParser {
  const iso = new IsoTimeReader(settings)
  const bsd = new BsdTimeReader(settings)
  return {
    format: 'syslog',
    name: 'syslog',
    parse: (line): ParsedLine | undefined => {
      if (line.charCodeAt(0) !== 60 /* < */) {
        const timestamp = bsd.read(line, 0)
        if (Number.isNaN(timestamp)) return undefined
        return bsd.hasUnknownZone ? { timestamp, hasUnknownZone: true } : { timestamp }
      }
      const digits = countDigits(line, 1, 3)
      const value = Number(line.slice(1, 1 + digits))
      if (digits === 0 || value > PRIORITY_VALUE_MAX || line[1 + digits] !== '>') return undefined
      bsd.hasUnknownZone = false
      const timestamp = readAfterPriority(line, digits + 2, iso, bsd)
      if (Number.isNaN(timestamp)) return undefined
      const level = SYSLOG_LEVELS[value & 7]
      return bsd.hasUnknownZone ? { timestamp, level, hasUnknownZone: true } : { timestamp, level }
    },
  }
}

function readAfterPriority(line: string, at: number, iso: IsoTimeReader, bsd: BsdTimeReader): number {
  // RFC 5424 6.2.2: the version is 1; some senders of RFC 3164 use its time without the version.
  const timeAt = line.startsWith('1 ', at) ? at + 2 : at
  return oneDigit(line, timeAt) >= 0 ? iso.read(line, timeAt) : bsd.read(line, timeAt)
}

/** RFC 3164 4.1.2: `Mmm dd hh:mm:ss`, the day padded with a blank; some systems put a year behind the day. */
class BsdTimeReader {
  /** The last time had the name of a zone that several share. */
  hasUnknownZone = false
  readonly #settings: ParserSettings
  readonly #years: YearClock
  readonly #cursor: TimeCursor = { end: 0 }

  constructor(settings: ParserSettings) {
    this.#settings = settings
    this.#years = new YearClock(settings)
  }

  read(line: string, at: number): number {
    if (line.charCodeAt(at + 3) !== 32 || line.charCodeAt(at + 6) !== 32) return NaN
    const month = monthOfName(line, at)
    const day = dayOfMonth(line, at + 4)
    const year = line.charCodeAt(at + 9) === 58 ? -1 : fourDigits(line, at + 7)
    // A line without year may be of a leap year; 2000 was one.
    if (!isDate(year < 0 ? 2000 : year, month, day)) return NaN
    const clockAt = year < 0 ? at + 7 : at + 12
    if (line.charCodeAt(clockAt + 2) !== 58 || line.charCodeAt(clockAt + 5) !== 58) return NaN
    const clock =
      clockMs(twoDigits(line, clockAt), twoDigits(line, clockAt + 3), twoDigits(line, clockAt + 6)) +
      readFraction(line, clockAt + 8, this.#cursor)
    if (Number.isNaN(clock)) return NaN
    const zone = this.#readZone(line, this.#cursor.end)
    if (year < 0) return this.#years.timeOf({ month, day, clockMs: clock, zone })
    const local = epochDay(year, month, day) * DAY_MS + clock
    return local - zone(local)
  }

  /** Cisco writes `10:00:00.123 CEST: %SYS-5-CONFIG_I`; without the colon it is the name of a host. */
  #readZone(line: string, at: number): ZoneOffset {
    this.hasUnknownZone = false
    const named = line.charCodeAt(at) === 32 ? zoneNameAt(line, at + 1) : undefined
    if (named === undefined || line.charCodeAt(at + 1 + named.length) !== 58) return this.#settings.zone
    this.hasUnknownZone = Number.isNaN(named.offsetMs)
    return this.hasUnknownZone ? this.#settings.zone : () => named.offsetMs
  }
}

function dayOfMonth(line: string, at: number): number {
  return line.charCodeAt(at) === 32 ? oneDigit(line, at + 1) : twoDigits(line, at)
}
