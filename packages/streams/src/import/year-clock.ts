import { DAY_MS, epochDay } from '../time/civil-time.ts'
import type { ParserSettings } from './line-parser.ts'

/** Logs are appended in order but for moments: a step back by more than this is the turn of a year. */
const MONTHS_BACK_MAX = 1

/** Finds the year of lines that name only month and day, from the first line and the order of the lines. */
export class YearClock {
  readonly #settings: Pick<ParserSettings, 'year' | 'now'>
  #year: number | undefined
  #month = 0
  #hasTurned = false

  constructor(settings: Pick<ParserSettings, 'year' | 'now'>) {
    this.#settings = settings
  }

  yearOf(month: number, day: number): number {
    if (this.#year === undefined) {
      this.#year = this.#settings.year ?? this.#latestPastYear(month, day)
      this.#month = month
      return this.#year
    }
    if (month < this.#month - MONTHS_BACK_MAX) {
      this.#year += 1
      this.#month = month
      this.#hasTurned = true
    } else if (this.#hasTurned && this.#month === 1 && month === 12) {
      // A line of December that came late: the clock itself stays.
      return this.#year - 1
    } else if (month > this.#month) {
      this.#month = month
    }
    return this.#year
  }

  #latestPastYear(month: number, day: number): number {
    const { now } = this.#settings
    const year = new Date(now).getUTCFullYear()
    return epochDay(year, month, day) * DAY_MS > now + DAY_MS ? year - 1 : year
  }
}
