import { readClock, readFraction, readIsoDate, readZoneSuffix, type TimeCursor } from '../../time/iso-time.ts'
import { NamedZones } from '../../time/named-zones.ts'
import { findLevel } from '../lines/level-word.ts'
import type { LineParser, ParsedLine, ParserSettings } from '../lines/line-parser.ts'

/** `YYYY-MM-DDTHH:MM:SS`; the T may be a blank or `_`. */
const SECOND_CHARS = 19

/** Reads ISO 8601 times up to fraction and zone, remembering the second it read last. */
export class IsoTimeReader {
  /** Where the last time ended. */
  end = 0
  /** The last time had the name of a zone that several share. */
  hasUnknownZone = false
  readonly #settings: ParserSettings
  readonly #cursor: TimeCursor = { end: 0 }
  readonly #named = new NamedZones()
  #lastText = ''
  #lastMs = 0

  constructor(settings: ParserSettings) {
    this.#settings = settings
  }

  /** Milliseconds since 1970 of the time at `at`, or NaN. */
  read(line: string, at: number): number {
    if (this.#lastText === '' || !line.startsWith(this.#lastText, at)) {
      const separator = line.charCodeAt(at + 10) | 32
      if (separator !== 116 /* T, t */ && separator !== 32 && separator !== 127 /* _ */) return NaN
      const ms = readIsoDate(line, at) + readClock(line, at + 11)
      if (Number.isNaN(ms)) return NaN
      this.#lastText = line.slice(at, at + SECOND_CHARS)
      this.#lastMs = ms
    }
    const local = this.#lastMs + readFraction(line, at + SECOND_CHARS, this.#cursor)
    return local - this.#readZone(line, local)
  }

  #readZone(line: string, local: number): number {
    const start = this.#cursor.end
    const offset = readZoneSuffix(line, start, this.#cursor)
    this.end = this.#cursor.end
    this.hasUnknownZone = Number.isNaN(offset) && this.end > start
    if (!Number.isNaN(offset)) return offset
    const zone = this.hasUnknownZone ? undefined : this.#named.at(line, start)
    if (zone !== undefined) this.end = this.#named.end
    return (zone ?? this.#settings.zone)(local)
  }
}

/** Lines that begin with an ISO 8601 time, then perhaps a level: log4j, logback, Python, PostgreSQL, containers. */
export function createIsoLineParser(settings: ParserSettings): LineParser {
  const reader = new IsoTimeReader(settings)
  return {
    format: 'iso',
    name: 'iso',
    parse: (line): ParsedLine | undefined => {
      const timestamp = reader.read(line, 0)
      if (Number.isNaN(timestamp)) return undefined
      return { timestamp, level: findLevel(line, reader.end), hasUnknownZone: reader.hasUnknownZone }
    },
  }
}
