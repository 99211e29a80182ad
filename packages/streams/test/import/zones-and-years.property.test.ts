import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '@forgeone/common'
import type { LogFormat, ParserSettings } from '../../src/import/lines/line-parser.ts'
import { parserOfFormat } from '../../src/import/detect-format.ts'
import { createSyslogLineParser } from '../../src/import/parsers/syslog-line-parser.ts'
import { parseZone, utcZone } from '../../src/time/zone.ts'
import { chunksOf, StoreHost } from '../stream/store-host.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 9, 15)
const settings: ParserSettings = { zone: utcZone, now: NOW }

/** What stands behind a time, with the hours it is ahead of UTC; `zone` where the option decides, and it is told. */
const SUFFIXES: readonly (readonly [string, number | 'zone' | 'none'])[] = [
  [' CEST', 2],
  [' CET', 1],
  [' PDT', -7],
  [' EDT', -4],
  [' AEST', 10],
  [' UTC', 0],
  [' GMT', 0],
  [' Z', 0],
  ['Z', 0],
  [' -03', -3],
  [' +13', 13],
  ['-03', -3],
  [' +0530', 5.5],
  [' -03:30', -3.5],
  ['+05:45', 5.75],
  [' UTC+2', 2],
  [' [CEST]', 2],
  [' <+0330>', 3.5],
  [' [IST]', 'zone'],
  [' UTC+02:00', 2],
  [' GMT-0330', -3.5],
  [' Europe/Berlin', 2],
  [' America/Argentina/Buenos_Aires', -3],
  [' US/Pacific', -7],
  [' CST', 'zone'],
  [' IST', 'zone'],
  [' PST', 'zone'],
  [' BST', 'zone'],
  ['', 'none'],
]
/** Before the suffix and behind it. */
const SHAPES: readonly (readonly [LogFormat, string, string])[] = [
  ['iso', '2026-07-01 10:00:00.123', ' [12] ERROR:  one'],
  ['iso', '2026-07-01T10:00:00,123', ' ERROR one'],
  ['time-prefix', '2026/07/01 10:00:00.123', ' [error] one'],
  ['time-prefix', '[2026-07-01 10:00:00.123', '] ERROR one'],
  ['time-prefix', '01 Jul 2026 10:00:00.123', ' ERROR one'],
  ['time-prefix', '07/01/2026 10:00:00.123', ' ERROR one'],
  ['jsonl', '{"time":"2026-07-01 10:00:00.123', '","level":"error"}'],
]

describe('a zone behind a time', () => {
  test.each(SHAPES)('is read, or the option is taken and it is told: %s %s', (format, before, behind) => {
    const zone = parseZone('+09:00')
    for (const [suffix, hours] of SUFFIXES) {
      const line = `${before}${suffix}${behind}`
      const { parser } = parserOfFormat(format, [line], { zone, now: NOW })
      const found = parser.parse(line)
      const ahead = typeof hours === 'number' ? hours : 9
      expect(found?.timestamp, line).toBe(Date.UTC(2026, 6, 1, 10, 0, 0, 123) - ahead * 3_600_000)
      expect(found?.level, line).toBe(17)
      expect(found?.hasUnknownZone === true, line).toBe(hours === 'zone')
    }
  })

  test('of hours alone is read before a word, where no number of the text stands so', () => {
    const { parser } = parserOfFormat('iso', ['2026-07-01 10:00:00 +05 worker started'], settings)
    const read = (line: string): number | undefined => parser.parse(line)?.timestamp
    expect(read('2026-07-01 10:00:00 +05 worker started')).toBe(Date.UTC(2026, 6, 1, 5))
    expect(read('2026-07-01 10:00:00 +05x worker')).toBe(Date.UTC(2026, 6, 1, 10))
    expect(read('2026-07-01 10:00:00 [-12] things')).toBe(Date.UTC(2026, 6, 1, 10))
    expect(read('2026-07-01 10:00:00 [ERROR] things')).toBe(Date.UTC(2026, 6, 1, 10))
  })

  test('is no word of the text: -12 things, CESTUS, UTC-like, Zebra', () => {
    for (const text of [
      '-12 things',
      'CESTUS',
      'UTC-like',
      'Zebra',
      'GET /',
      'Some/Path x',
      'Europe/Berlin/x',
      'Europe/Berlin.log',
      'INFO x',
      'ESTABLISHED',
      '+1234567',
      '-03x',
      'EST-1',
    ]) {
      const line = `2026-07-01 10:00:00 ${text}`
      const { parser } = parserOfFormat('iso', [line], settings)
      expect(parser.parse(line), line).toMatchObject({
        timestamp: Date.UTC(2026, 6, 1, 10),
        hasUnknownZone: false,
      })
    }
  })

  test('of a device is read where a colon follows; otherwise it is the name of a host', () => {
    const parser = createSyslogLineParser(settings)
    const at = Date.UTC(2026, 6, 1, 10, 0, 0, 123)
    const read = (zone: string): unknown => parser.parse(`<187>Jul  1 10:00:00.123 ${zone} %SYS-5: x`)
    expect(read('CEST:')).toEqual({ timestamp: at - 7_200_000, level: 17 })
    expect(read('UTC:')).toEqual({ timestamp: at, level: 17 })
    expect(read('CST:')).toEqual({ timestamp: at, level: 17, hasUnknownZone: true })
    expect(read('CEST')).toEqual({ timestamp: at, level: 17 })
  })

  test('that several share is counted by the import', async () => {
    await using host = new StoreHost()
    const { logs } = await host.open()
    const text = ['CEST', 'CST', 'IST', 'UTC']
      .map((zone) => `2026-07-01 10:00:00 ${zone} [1] LOG: x\n`)
      .join('')
    const result = await logs.importFrom(chunksOf(utf8Encode(text)), { topic: 't', zone: '+01:00' })
    expect(result).toMatchObject({ lines: 4, unparsedLines: 0, unknownZoneLines: 2 })
  })
})

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const lineOf = ({ month, day, hour }: { month: number; day: number; hour: number }): string =>
  `${MONTHS[month]} ${String(day).padStart(2)} ${String(hour).padStart(2, '0')}:00:00 host x`

describe('a time without a year', () => {
  test('is no more than a day later than its source, and of the day that it names', () => {
    const moment = record({
      month: integer({ min: 0, max: 11 }),
      day: integer({ min: 1, max: 29 }),
      hour: integer({ min: 0, max: 23 }),
    })
    assert(
      property(
        array(moment, { minLength: 1, maxLength: 12 }),
        integer({ min: Date.UTC(2023, 0, 1), max: Date.UTC(2029, 0, 1) }),
        constantFrom('UTC', '+09:00', '-10:00', 'Asia/Tokyo', 'America/New_York'),
        (moments, now, name) => {
          const zone = parseZone(name)
          const parser = createSyslogLineParser({ zone, now })
          for (const each of moments) {
            const found = parser.parse(lineOf(each))
            if (found === undefined) throw new Error(`unread: ${lineOf(each)}`)
            expect(found.timestamp).toBeLessThanOrEqual(now + DAY_MS)
            const hours = [-12, 12].map((by) => new Date(found.timestamp + by * 3_600_000).getUTCFullYear())
            const dates = hours.map((year) => Date.UTC(year, each.month, each.day, each.hour))
            expect(dates.map((date) => date - zone(date))).toContain(found.timestamp)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('of a device that starts with January 1 stays in the year of its source', () => {
    const parser = createSyslogLineParser(settings)
    const lines = ['Oct 13', 'Jan  1', 'Oct 13', 'Jan  1', 'Jan  1', 'Oct 14', 'Oct 15']
    const years = lines.map((day) =>
      new Date(parser.parse(`${day} 10:00:00 router x`)!.timestamp).getUTCFullYear(),
    )
    expect(years).toEqual(lines.map(() => 2026))
  })

  test('of New Year east of UTC is of the year that began there', () => {
    const now = Date.parse('2025-12-31T15:31:00Z')
    const parser = createSyslogLineParser({ zone: parseZone('Asia/Tokyo'), now })
    expect(parser.parse('Jan  1 00:30:00 host x')).toEqual({ timestamp: Date.parse('2025-12-31T15:30:00Z') })
  })

  test('of February 29 is of a leap year, and unread where the year that was named has none', () => {
    const line = 'Feb 29 10:00:00 host x'
    expect(createSyslogLineParser(settings).parse(line)).toEqual({ timestamp: Date.UTC(2024, 1, 29, 10) })
    expect(createSyslogLineParser({ ...settings, year: 2026 }).parse(line)).toBeUndefined()
    expect(createSyslogLineParser({ ...settings, year: 2024 }).parse(line)).toEqual({
      timestamp: Date.UTC(2024, 1, 29, 10),
    })
    expect(createSyslogLineParser(settings).parse('<13>Feb 29 2023 10:00:00 asa : x')).toBeUndefined()
    const glog = 'I0229 10:00:00.000000 1 a.go:1] x'
    const { parser } = parserOfFormat('time-prefix', [glog], settings)
    expect(parser.parse(glog)).toMatchObject({ timestamp: Date.UTC(2024, 1, 29, 10) })
  })
})
