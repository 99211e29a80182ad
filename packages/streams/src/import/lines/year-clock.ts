import { DAY_MS, epochDay, isDate, MINUTE_MS } from '../../time/civil-time.ts'
import type { ZoneOffset } from '../../time/zone.ts'
import type { ParserSettings } from './line-parser.ts'

/** Logs are appended in order but for moments: a step back by more than this is the turn of a year. */
const MONTHS_BACK_MAX = 1
/** No line is later than its source by more, whatever its device took for the date. */
const AHEAD_MS_MAX = DAY_MS
/** Between the clocks of who writes a line and who dates its file. */
const CLOCK_SKEW_MS = 5 * MINUTE_MS
/** From 1896 to 1904 there is no leap year; elsewhere one comes every four years. */
const YEARS_BACK_MAX = 8

/** A moment of a year that is not known. */
export interface YearlessTime {
  readonly month: number
  readonly day: number
  /** Since midnight. */
  readonly clockMs: number
  /** Where the line names one; that of the settings without. */
  readonly zone?: ZoneOffset | undefined
}

/**
 * Finds the year of lines that name only month and day, from the first line and the order of the lines. A step back to
 * an earlier month is the turn of a year where that one had begun when the source was written; otherwise it is a device
 * that started with the date it was made with.
 */
export class YearClock {
  readonly #settings: ParserSettings
  readonly #latestMs: number
  #year: number | undefined
  #month = 0
  #hasTurned = false

  constructor(settings: ParserSettings) {
    this.#settings = settings
    this.#latestMs = settings.now + AHEAD_MS_MAX
  }

  /** Milliseconds since 1970, or NaN for a date that no year in question has. */
  timeOf(time: YearlessTime): number {
    const isGiven = this.#settings.year !== undefined
    const isFirst = this.#year === undefined
    const first = this.#yearOf(time)
    for (let year = first; year >= first - YEARS_BACK_MAX; year--) {
      const exists = isDate(year, time.month, time.day)
      // February 29 says that the year that was guessed is not the one.
      if (!exists && isGiven) return NaN
      if (!exists) continue
      const timestamp = this.#timestamp(year, time)
      // A year that was named is believed, also against the date of the source.
      if (timestamp > this.#latestMs && !(isGiven && year === this.#settings.year)) continue
      const isLeapDay = time.month === 2 && time.day === 29
      if (isFirst || (isLeapDay && !isGiven)) this.#year = year
      return timestamp
    }
    return NaN
  }

  #yearOf(time: YearlessTime): number {
    const { month } = time
    if (this.#year === undefined) {
      this.#year = this.#settings.year ?? this.#yearOfSource()
      this.#month = month
      return this.#year
    }
    if (month < this.#month - MONTHS_BACK_MAX) {
      this.#month = month
      if (this.#timestamp(this.#year + 1, { ...time, clockMs: 0 }) > this.#latestMs) return this.#year
      this.#year += 1
      this.#hasTurned = true
    } else if (this.#hasTurned && this.#month === 1 && month === 12) {
      // A line of December that came late: the clock itself stays.
      return this.#year - 1
    } else if (month > this.#month) {
      this.#month = month
    }
    return this.#year
  }

  /** Where the device stands: New Year comes earlier in the east. */
  #yearOfSource(): number {
    const { now, zone } = this.#settings
    return new Date(now + zone(now) + CLOCK_SKEW_MS).getUTCFullYear()
  }

  #timestamp(year: number, { month, day, clockMs, zone = this.#settings.zone }: YearlessTime): number {
    const local = epochDay(year, month, day) * DAY_MS + clockMs
    return local - zone(local)
  }
}
