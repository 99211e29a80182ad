import { clockMs, DAY_MS, epochDay, isDate, monthOfName } from '../../time/civil-time.ts'
import { countDigits, fourDigits, oneDigit, twoDigits } from '../../time/digits.ts'
import { readFraction, readZoneSuffix, type TimeCursor } from '../../time/iso-time.ts'
import { NamedZones } from '../../time/named-zones.ts'
import type { ZoneOffset } from '../../time/zone.ts'
import type { ParserSettings } from '../lines/line-parser.ts'
import { YearClock } from '../lines/year-clock.ts'

/** Two-digit years below this are of this century, as POSIX strptime has it. */
const PIVOT_YEAR = 69
const BLANK = 32

interface Step {
  readonly code: string
  /** Set for a character that must stand there. */
  readonly literal: number
}

/**
 * A time as a system writes it, read by a template: `%Y` `%y` `%m` `%b` `%d` `%H` `%M` `%S` as in strptime, where day
 * and hour may have one digit or a blank in front; `%I` and `%p` for twelve hours, `%f` an optional fraction, `%z` an
 * optional zone, `%s` and `%Q` seconds and milliseconds since 1970, `%a` a weekday, `%L` a level letter, `%w` a run without blanks. A blank
 * stands for one or more, all else for itself.
 */
export class TimeTemplate {
  /** Where the last time ended. */
  end = 0
  /** The last time had the name of a zone that several share. */
  hasUnknownZone = false
  readonly #steps: readonly Step[]
  readonly #settings: ParserSettings
  readonly #years: YearClock
  readonly #cursor: TimeCursor = { end: 0 }
  readonly #named = new NamedZones()
  #year = -1
  #month = 0
  #day = 0
  #hour = 0
  #minute = 0
  #second = 0
  #fractionMs = 0
  #epochMs = NaN
  #offsetMs = NaN
  #zone: ZoneOffset | undefined
  #isAfternoon: boolean | undefined

  constructor(template: string, settings: ParserSettings) {
    this.#steps = compileSteps(template)
    this.#settings = settings
    this.#years = new YearClock(settings)
  }

  /** Milliseconds since 1970 of the time a line begins with, or NaN. */
  read(line: string): number {
    this.#year = -1
    this.#fractionMs = 0
    this.#epochMs = NaN
    this.#offsetMs = NaN
    this.#isAfternoon = undefined
    this.hasUnknownZone = false
    this.#zone = undefined
    let at = 0
    for (const step of this.#steps) {
      at = step.literal === 0 ? this.#readField(step.code, line, at) : readLiteral(step.literal, line, at)
      if (at < 0) return NaN
    }
    this.end = at
    return this.#timestamp()
  }

  #timestamp(): number {
    if (!Number.isNaN(this.#epochMs)) return this.#epochMs + this.#fractionMs
    const clock = clockMs(this.#hourOfDay(), this.#minute, this.#second) + this.#fractionMs
    const hasYear = this.#year >= 0
    // A line without year may be of a leap year; 2000 was one.
    if (!isDate(hasYear ? this.#year : 2000, this.#month, this.#day) || Number.isNaN(clock)) return NaN
    if (!hasYear) return this.#years.timeOf({ month: this.#month, day: this.#day, clockMs: clock })
    const local = epochDay(this.#year, this.#month, this.#day) * DAY_MS + clock
    if (!Number.isNaN(this.#offsetMs)) return local - this.#offsetMs
    return local - (this.#zone ?? this.#settings.zone)(local)
  }

  #hourOfDay(): number {
    if (this.#isAfternoon === undefined) return this.#hour
    if (this.#hour < 1 || this.#hour > 12) return NaN
    return (this.#hour % 12) + (this.#isAfternoon ? 12 : 0)
  }

  /** Reads one field; the place behind it, or -1. */
  #readField(code: string, line: string, at: number): number {
    switch (code) {
      case 'Y':
        this.#year = fourDigits(line, at)
        return this.#year < 0 ? -1 : at + 4
      case 'y': {
        const year = twoDigits(line, at)
        this.#year = year < PIVOT_YEAR ? 2000 + year : 1900 + year
        return year < 0 ? -1 : at + 2
      }
      case 'm':
        this.#month = twoDigits(line, at)
        return this.#month < 0 ? -1 : at + 2
      case 'b':
        this.#month = monthOfName(line, at)
        return this.#month === 0 ? -1 : at + 3
      case 'd':
        this.#day = shortNumber(line, at)
        return this.#day < 0 ? -1 : at + shortWidth(line, at)
      case 'H':
      case 'I':
        this.#hour = shortNumber(line, at)
        return this.#hour < 0 ? -1 : at + shortWidth(line, at)
      case 'M':
        this.#minute = twoDigits(line, at)
        return this.#minute < 0 ? -1 : at + 2
      case 'S':
        this.#second = twoDigits(line, at)
        return this.#second < 0 ? -1 : at + 2
      default:
        return this.#readRareField(code, line, at)
    }
  }

  #readRareField(code: string, line: string, at: number): number {
    switch (code) {
      case 'f':
        return this.#readFraction(line, at)
      case 'z':
        return this.#readZone(line, at)
      case 's':
        return this.#readEpoch(line, at, { digits: 10, unitMs: 1_000 })
      case 'Q':
        return this.#readEpoch(line, at, { digits: 13, unitMs: 1 })
      case 'p': {
        const half = line.slice(at, at + 2).toLowerCase()
        this.#isAfternoon = half === 'pm'
        return half === 'am' || half === 'pm' ? at + 2 : -1
      }
      case 'L':
        return 'IWEFD'.includes(line.charAt(at)) && at < line.length ? at + 1 : -1
      case 'a':
        return /^[A-Za-z]{3}$/.test(line.slice(at, at + 3)) ? at + 3 : -1
      default: {
        const blank = line.indexOf(' ', at)
        return blank > at ? blank : -1
      }
    }
  }

  /** HealthApp writes the milliseconds after a colon, which only a template with `:%f` names. */
  #readFraction(line: string, at: number): number {
    if (line.charCodeAt(at - 1) === 58 && countDigits(line, at, 3) > 0) {
      const count = countDigits(line, at, 3)
      this.#fractionMs = Number(line.slice(at, at + count))
      return at + count
    }
    this.#fractionMs = readFraction(line, at, this.#cursor)
    return this.#cursor.end
  }

  #readZone(line: string, at: number): number {
    this.#offsetMs = readZoneSuffix(line, at, this.#cursor)
    if (!Number.isNaN(this.#offsetMs)) return this.#cursor.end
    this.hasUnknownZone = this.#cursor.end > at
    this.#zone = this.hasUnknownZone ? undefined : this.#named.at(line, at)
    return this.#zone === undefined ? this.#cursor.end : this.#named.end
  }

  #readEpoch(
    line: string,
    at: number,
    { digits, unitMs }: { readonly digits: number; readonly unitMs: number },
  ): number {
    if (countDigits(line, at, digits + 1) !== digits) return -1
    this.#epochMs = Number(line.slice(at, at + digits)) * unitMs
    return at + digits
  }
}

function compileSteps(template: string): Step[] {
  const steps: Step[] = []
  for (let at = 0; at < template.length; at += 1) {
    const isField = template[at] === '%'
    if (isField) at += 1
    steps.push({ code: template[at]!, literal: isField ? 0 : template.charCodeAt(at) })
  }
  return steps
}

/** A number of two digits, of one, or of one behind a blank; negative when there is none. */
function shortNumber(line: string, at: number): number {
  const two = twoDigits(line, at)
  return two >= 0 ? two : oneDigit(line, line.charCodeAt(at) === BLANK ? at + 1 : at)
}

function shortWidth(line: string, at: number): number {
  return line.charCodeAt(at) === BLANK || oneDigit(line, at + 1) >= 0 ? 2 : 1
}

function readLiteral(literal: number, line: string, at: number): number {
  if (line.charCodeAt(at) !== literal) return -1
  let end = at + 1
  // The last blank of several may pad a day, so one is left to it.
  if (literal === BLANK) while (line.charCodeAt(end) === BLANK && line.charCodeAt(end + 1) === BLANK) end += 1
  return end
}
