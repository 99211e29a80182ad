export const SECOND_MS = 1_000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

const MONTH_DAYS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const MONTH_NAMES = 'janfebmaraprmayjunjulaugsepoctnovdec'

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar; the month counts from 1.
 * Unlike Date.UTC it takes the years 0 to 99 as they are. A day past the month's end runs on.
 */
export function epochDay(year: number, month: number, day: number): number {
  // Years start in March, so that the leap day is the last day of one.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** True when the month exists and has that day in that year. */
export function isDate(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false
  const leapDay = month === 2 && (year % 4 === 0 ? year % 100 !== 0 || year % 400 === 0 : false) ? 1 : 0
  return day <= MONTH_DAYS[month - 1]! + leapDay
}

/** Milliseconds into the day, or NaN when a part is out of range; 60 is accepted as a leap second. */
export function clockMs(hour: number, minute: number, second: number): number {
  if (!(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60)) return NaN
  return hour * HOUR_MS + minute * MINUTE_MS + Math.min(second, 59) * SECOND_MS
}

/** The month, from 1, whose three-letter English name stands at `at` in any case; 0 when none does. */
export function monthOfName(text: string, at: number): number {
  if (at + 3 > text.length) return 0
  const place = MONTH_NAMES.indexOf(text.slice(at, at + 3).toLowerCase())
  return place >= 0 && place % 3 === 0 ? place / 3 + 1 : 0
}
