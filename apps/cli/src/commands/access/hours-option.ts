import { WEEKDAYS, type GrantHours, type Weekday } from '@forgeone/storage-manager'
import type { OptionSpec, OptionValues } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'

export const HOURS_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  hours: {
    type: 'string',
    value: 'FROM-TO',
    description: 'hours of the day when it counts, such as 08:00-18:00, or over midnight 22:00-06:00; UTC',
  },
  days: {
    type: 'string',
    value: 'DAYS',
    description: 'days on which these hours begin, such as mon-fri or sat,sun; default all',
  },
  'utc-offset': {
    type: 'string',
    value: '+HH:MM',
    description: 'of the hours and days, such as +02:00; fixed, there is no summer time',
  },
}

/** When a grant counts; undefined for always. Days without hours are whole days. @throws USAGE */
export function hoursOption(options: OptionValues): GrantHours | undefined {
  const hours = textOption(options, 'hours')
  const days = textOption(options, 'days')
  const offset = textOption(options, 'utc-offset')
  if (hours === undefined && days === undefined) {
    if (offset === undefined) return undefined
    throw usageError('--utc-offset is of no hours', 'Give --hours or --days with it.')
  }
  const range = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(hours ?? '00:00-24:00')
  if (range === null) throw usageError(`"${hours}" are no hours`, 'Give them as 08:00-18:00.')
  return {
    from: range[1]!,
    to: range[2]!,
    ...(days === undefined ? {} : { days: daysOf(days) }),
    ...(offset === undefined ? {} : { offsetMinutes: minutesOf(offset) }),
  }
}

export function formatHours({ from, to, days = [], offsetMinutes = 0 }: GrantHours): string {
  const sign = offsetMinutes < 0 ? '-' : '+'
  const minutes = Math.abs(offsetMinutes)
  const offset = `${sign}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
  const when = days.length === 0 ? '' : `${days.join(',')} `
  return `${when}${from}-${to} UTC${offsetMinutes === 0 ? '' : offset}`
}

/** `sat,sun`, and ranges such as `mon-fri`; `fri-mon` goes over the end of the week. */
function daysOf(text: string): readonly Weekday[] {
  const chosen = new Set<Weekday>()
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map(dayNumberOf)
    if (more.length > 0) throw noDays(part)
    const count = ((last! - first! + WEEKDAYS.length) % WEEKDAYS.length) + 1
    for (let step = 0; step < count; step++) chosen.add(WEEKDAYS[(first! + step) % WEEKDAYS.length]!)
  }
  return WEEKDAYS.filter((day) => chosen.has(day))
}

function dayNumberOf(text: string): number {
  const number = WEEKDAYS.findIndex((day) => day === text)
  if (number < 0) throw noDays(text)
  return number
}

function noDays(text: string): Error {
  return usageError(`"${text}" is no day`, `Days are ${WEEKDAYS.join(', ')}; mon-fri is a range.`)
}

function minutesOf(text: string): number {
  const match = /^([+-])(\d\d):([0-5]\d)$/.exec(text)
  if (match === null) throw usageError(`"${text}" is no offset`, 'Give it as +02:00 or -05:30.')
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
