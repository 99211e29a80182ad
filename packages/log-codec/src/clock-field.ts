/** Fields of a clock that a text may show of its row's timestamp. The numbers are part of the format. */
export const CLOCK_FIELDS = [
  'year',
  'yearOfCentury',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'unixSeconds',
  'unixMilliseconds',
] as const
export type ClockField = (typeof CLOCK_FIELDS)[number]

/** No timestamp shows more than this. */
export const CLOCK_FIELD_MAX: Readonly<Record<ClockField, number>> = {
  year: 73_325,
  yearOfCentury: 99,
  month: 12,
  day: 31,
  hour: 23,
  minute: 59,
  second: 59,
  millisecond: 999,
  microsecond: 999_999,
  unixSeconds: 2 ** 42,
  unixMilliseconds: 2 ** 52,
}

const DAY_MS = 86_400_000

/** Fields of a timestamp, with the last date kept: neighbouring rows mostly share it. */
export class Clock {
  readonly #offsetMs: number
  #day = Number.NaN
  #year = 0
  #month = 0
  #dayOfMonth = 0

  /** @param offsetMs what the clock of the text is ahead of UTC */
  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  /** The field; a microsecond is given with its last three digits zero. */
  field(field: ClockField, timestamp: number): number {
    switch (field) {
      case 'unixSeconds':
        return Math.floor(timestamp / 1000)
      case 'unixMilliseconds':
        return timestamp
      default:
    }
    const local = timestamp + this.#offsetMs
    const day = Math.floor(local / DAY_MS)
    const ofDay = local - day * DAY_MS
    switch (field) {
      case 'hour':
        return Math.floor(ofDay / 3_600_000)
      case 'minute':
        return Math.floor(ofDay / 60_000) % 60
      case 'second':
        return Math.floor(ofDay / 1000) % 60
      case 'millisecond':
        return ofDay % 1000
      case 'microsecond':
        return (ofDay % 1000) * 1000
      default:
    }
    if (day !== this.#day) this.#setDay(day)
    switch (field) {
      case 'month':
        return this.#month
      case 'day':
        return this.#dayOfMonth
      case 'yearOfCentury':
        return ((this.#year % 100) + 100) % 100
      default:
        return this.#year
    }
  }

  /** Howard Hinnant's civil-from-days: exact in integers over the whole range. */
  #setDay(day: number): void {
    this.#day = day
    const shifted = day + 719_468
    const era = Math.floor(shifted / 146_097)
    const ofEra = shifted - era * 146_097
    const yearOfEra = Math.floor(
      (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
    )
    const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
    const shiftedMonth = Math.floor((5 * ofYear + 2) / 153)
    this.#dayOfMonth = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
    this.#month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    this.#year = yearOfEra + era * 400 + (this.#month <= 2 ? 1 : 0)
  }
}
