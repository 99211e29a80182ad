import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochDay, isDate } from '../../src/time/civil-time.ts'
import { formatDuration, parseDuration } from '../../src/time/duration.ts'
import { parseTimeExpression } from '../../src/time/time-expression.ts'
import { parseZone } from '../../src/time/zone.ts'

const NOW = 1_700_000_000_000

describe('time expressions', () => {
  test('read every moment that Date writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(parseTimeExpression(date.toISOString(), NOW)).toBe(date.getTime())
          expect(epochDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(
            Math.floor(date.getTime() / 86_400_000),
          )
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('know exactly the dates that exist', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 9999 }), fc.nat(13), fc.nat(32), (year, month, day) => {
        const date = new Date(Date.UTC(year, month - 1, day))
        expect(isDate(year, month, day)).toBe(date.getUTCMonth() === month - 1 && date.getUTCDate() === day)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each<[string | number | Date, number]>([
    ['now', NOW],
    ['-15m', NOW - 900_000],
    ['-2h', NOW - 7_200_000],
    ['-7d', NOW - 604_800_000],
    ['-1w', NOW - 604_800_000],
    ['-500ms', NOW - 500],
    ['-1h30m', NOW - 5_400_000],
    ['now-1h', NOW - 3_600_000],
    ['+5s', NOW + 5_000],
    ['1700000000123', 1_700_000_000_123],
    ['-5', -5],
    [5, 5],
    [new Date(7), 7],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2024-02-29T10:20', Date.UTC(2024, 1, 29, 10, 20)],
    ['2024-02-29 10:20:30', Date.UTC(2024, 1, 29, 10, 20, 30)],
    ['2024-02-29T10:20:30,5', Date.UTC(2024, 1, 29, 10, 20, 30, 500)],
    ['2024-02-29T10:20:30.123456Z', Date.UTC(2024, 1, 29, 10, 20, 30, 123)],
    ['2024-02-29T10:20+02:00', Date.UTC(2024, 1, 29, 8, 20)],
    ['2024-02-29T10:20:30-0530', Date.UTC(2024, 1, 29, 15, 50, 30)],
  ])('%s', (text, expected) => {
    expect(parseTimeExpression(text, NOW)).toBe(expected)
  })

  test.each([
    '',
    'yesterday',
    '2023-02-29',
    '2024-13-01',
    '2024-01-01T25:00',
    '-',
    '-5y',
    '2024-01-01x',
    NaN,
  ])('refuses %j', (text) => {
    expect(() => parseTimeExpression(text, NOW)).toThrow(
      expect.objectContaining({ code: 'STREAM_TIME_INVALID' }),
    )
  })

  test('durations are read back from their text', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(formatDuration(ms % 1e12))).toBe(ms % 1e12)
      }),
    )
    expect(formatDuration(90_000)).toBe('90s')
    expect(formatDuration(0)).toBe('0ms')
  })
})

describe('zones', () => {
  test.each([
    ['UTC', '2024-07-01T12:00', 0],
    ['+02:00', '2024-07-01T12:00', 7_200_000],
    ['Europe/Berlin', '2024-07-01T12:00', 7_200_000],
    ['Europe/Berlin', '2024-01-01T12:00', 3_600_000],
    ['Europe/Berlin', '2024-03-31T01:59', 3_600_000],
    ['Europe/Berlin', '2024-03-31T03:00', 7_200_000],
    ['Asia/Kolkata', '2024-01-01T12:00', 19_800_000],
  ])('%s at %s', (zone, local, offset) => {
    expect(parseZone(zone)(Date.parse(`${local}Z`))).toBe(offset)
  })

  test('refuses unknown names', () => {
    expect(() => parseZone('Mars/Base')).toThrow(expect.objectContaining({ code: 'STREAM_TIME_INVALID' }))
  })
})
