import { ForgeError } from '@forgeone/common'
import { MINUTE_MS } from './civil-time.ts'
import { readZoneOffset, type TimeCursor } from './iso-time.ts'

/** Offset from UTC, in milliseconds, of a local time given as if it were UTC. */
export type ZoneOffset = (localMs: number) => number

/** All offset changes in use fall on a quarter of an hour. */
const CACHE_STEP_MS = 15 * MINUTE_MS

export const utcZone: ZoneOffset = () => 0

/**
 * Reads a zone: `UTC`, an offset such as `+02:00`, or an IANA name such as `Europe/Berlin`.
 * @throws STREAM_TIME_INVALID
 */
export function parseZone(text: string): ZoneOffset {
  const cursor: TimeCursor = { end: 0 }
  const fixed = readZoneOffset(text.toUpperCase(), 0, cursor)
  if (!Number.isNaN(fixed) && cursor.end === text.length) return () => fixed
  try {
    return namedZone(
      new Intl.DateTimeFormat('en-US', { timeZone: text, timeZoneName: 'longOffset', hour: 'numeric' }),
    )
  } catch (cause) {
    throw new ForgeError('STREAM_TIME_INVALID', 'the zone is neither an offset nor a known zone name', {
      cause,
      details: { field: 'zone' },
      hint: 'Give a zone as UTC, +02:00 or Europe/Berlin.',
    })
  }
}

function namedZone(format: Intl.DateTimeFormat): ZoneOffset {
  let cachedStep = NaN
  let cachedOffset = 0
  return (localMs) => {
    const step = Math.floor(localMs / CACHE_STEP_MS)
    if (step !== cachedStep) {
      // The first answer is off only near a change; asking again at the corrected time settles it.
      const guess = offsetAt(format, localMs)
      cachedOffset = offsetAt(format, localMs - guess)
      cachedStep = step
    }
    return cachedOffset
  }
}

function offsetAt(format: Intl.DateTimeFormat, utcMs: number): number {
  const name = format.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const offset = readZoneOffset(name, 'GMT'.length, { end: 0 })
  return Number.isNaN(offset) ? 0 : offset
}
