import { z } from 'zod'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** When a grant counts, week by week: by UTC, or by a fixed offset from it. There are no time zones, hence no summer time. */
export interface GrantHours {
  /** `HH:MM`. */
  readonly from: string
  /** `HH:MM`, not part of it; up to `24:00`. Not after `from` means of the next day. */
  readonly to: string
  /** Days on which the range begins: one that passes midnight ends on the day after. Absent: every day. */
  readonly days?: readonly Weekday[] | undefined
  /** Local time less UTC, default 0. */
  readonly offsetMinutes?: number | undefined
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = WEEKDAYS.indexOf('thu')
/** Clocks on earth stand at most so far from UTC. */
const OFFSET_MINUTES_MIN = -12 * 60
const OFFSET_MINUTES_MAX = 14 * 60

export const hoursSchema: z.ZodType<GrantHours> = z
  .strictObject({
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    to: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/),
    days: z.array(z.enum(WEEKDAYS)).min(1).max(WEEKDAYS.length).optional(),
    offsetMinutes: z.int().min(OFFSET_MINUTES_MIN).max(OFFSET_MINUTES_MAX).optional(),
  })
  // Nobody could say whether it is nothing or a whole day.
  .refine(({ from, to }) => from !== to)

/** Whether a time, ms since 1970, lies within the hours: the same few steps for any. */
export function hoursMatcher(hours: GrantHours): (now: number) => boolean {
  const from = minutesOf(hours.from)
  const to = minutesOf(hours.to)
  const until = to > from ? to : to + DAY_MINUTES
  const begins = WEEKDAYS.map((day) => hours.days?.includes(day) ?? true)
  const offset = hours.offsetMinutes ?? 0
  return (now) => {
    const local = Math.floor(now / MINUTE_MS) + offset
    const day = Math.floor(local / DAY_MINUTES)
    const minute = local - day * DAY_MINUTES
    if (begins[weekdayOf(day)] && minute >= from && minute < until) return true
    return begins[weekdayOf(day - 1)] === true && minute + DAY_MINUTES < until
  }
}

function minutesOf(text: string): number {
  const [hours, minutes] = text.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** @param day since 1970, also before */
function weekdayOf(day: number): number {
  const { length } = WEEKDAYS
  return (((day + FIRST_WEEKDAY) % length) + length) % length
}
