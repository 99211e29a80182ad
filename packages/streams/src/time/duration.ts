import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './civil-time.ts'

/** Units from large to small; `ms` stands before `m` and `s` where texts are matched. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['w', 7 * DAY_MS],
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
]
const unitMs = new Map(UNITS)
const PART = /(\d{1,15})(ms|[wdhms])/y

/** Milliseconds of a text such as `500ms`, `15m` or `1h30m`; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  let total = 0
  PART.lastIndex = 0
  let end = 0
  while (end < text.length) {
    const part = PART.exec(text)
    if (part === null) return undefined
    total += Number(part[1]) * unitMs.get(part[2]!)!
    end = PART.lastIndex
  }
  return end > 0 && Number.isSafeInteger(total) ? total : undefined
}

/** The shortest text of one unit that {@link parseDuration} reads back as the same milliseconds. */
export function formatDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, candidate]) => ms !== 0 && ms % candidate === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}
