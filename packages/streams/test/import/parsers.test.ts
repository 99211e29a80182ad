import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectFormat, parserOfFormat } from '../../src/import/detect-format.ts'
import type { LogFormat, ParserSettings } from '../../src/import/lines/line-parser.ts'
import { createAccessLineParser } from '../../src/import/parsers/access-line-parser.ts'
import { createIsoLineParser } from '../../src/import/parsers/iso-line-parser.ts'
import { createJsonLineParser } from '../../src/import/parsers/json-line-parser.ts'
import { createSyslogLineParser } from '../../src/import/parsers/syslog-line-parser.ts'
import { parseZone, utcZone } from '../../src/time/zone.ts'

const NOW = Date.UTC(2024, 5, 15)
const settings: ParserSettings = { zone: utcZone, now: NOW }
const iso = (text: string): number => Date.parse(text)

function yearOf(line: string): number {
  return new Date(createSyslogLineParser(settings).parse(line)!.timestamp).getUTCFullYear()
}

/** Each line with the format, time and level it must be read as. */
const SAMPLES: readonly (readonly [
  line: string,
  format: LogFormat,
  time: string,
  level: number | undefined,
])[] = [
  [
    '{"time":"2024-01-02T03:04:05.678Z","level":"WARNING","msg":"x"}',
    'jsonl',
    '2024-01-02T03:04:05.678Z',
    13,
  ],
  ['{"level":30,"time":1704164645678,"msg":"a \\"quoted\\" {"}', 'jsonl', '2024-01-02T03:04:05.678Z', 9],
  ['{"a":{"time":1,"b":[{}]},"ts":1704164645.678,"lvl":"error"}', 'jsonl', '2024-01-02T03:04:05.678Z', 17],
  ['{ "@timestamp" : "2024-01-02T03:04:05+01:00" , "x" : null }', 'jsonl', '2024-01-02T02:04:05Z', undefined],
  ['{"date":"1704164645678","severity":3}', 'jsonl', '2024-01-02T03:04:05.678Z', 17],
  ['{"timestamp":1704164645678000000,"level":60}', 'jsonl', '2024-01-02T03:04:05.678Z', 21],
  ['<34>1 2003-10-11T22:14:15.003Z host su - ID47 - failed', 'syslog', '2003-10-11T22:14:15.003Z', 21],
  ['<165>1 2003-08-24T05:14:15.000003-07:00 host p 8710 - - x', 'syslog', '2003-08-24T12:14:15Z', 11],
  ['<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!', 'syslog', '2024-02-05T17:32:18Z', 11],
  ['Jun 14 15:16:01 combo sshd[19939]: failure', 'syslog', '2024-06-14T15:16:01Z', undefined],
  ['<187>Jan 10 2019 10:00:00.250 asa : x', 'syslog', '2019-01-10T10:00:00.250Z', 17],
  [
    '1.2.3.4 - bob [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326',
    'access',
    '2000-10-10T20:55:36Z',
    9,
  ],
  [
    '1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "GET /\\" 500 \\"" 404 - "-" "curl"',
    'access',
    '2000-10-10T13:55:36Z',
    13,
  ],
  ['v:80 1.2.3.4 - a[b [10/Oct/2000:13:55:36 +0000] "-" 503 0', 'access', '2000-10-10T13:55:36Z', 17],
  ['2015-10-18 18:01:47,978 INFO [main] org.Foo: x', 'iso', '2015-10-18T18:01:47.978Z', 9],
  ['2015-07-29 17:41:44,747 - WARN  [Queue] - x', 'iso', '2015-07-29T17:41:44.747Z', 13],
  ['2015-10-18T18:01:47.9Z an error occurred', 'iso', '2015-10-18T18:01:47.900Z', undefined],
  ['2015-10-18T18:01:47+02:00 error: x', 'iso', '2015-10-18T16:01:47Z', 17],
  ['2015-10-18 18:01:47.978 UTC [12] FATAL:  x', 'iso', '2015-10-18T18:01:47.978Z', 21],
  ['2015-10-18 18:01:47 -12 things', 'iso', '2015-10-18T18:01:47Z', undefined],
  ['2015-10-18 18:01:47 GET /error.log ok', 'iso', '2015-10-18T18:01:47Z', undefined],
  ['[Thu Jun 09 06:07:04 2005] [notice] x', 'time-prefix', '2005-06-09T06:07:04Z', 11],
  ['[Thu Jun 09 06:07:04.123456 2005] [core:error] [pid 1] x', 'time-prefix', '2005-06-09T06:07:04.123Z', 17],
  [
    '- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.675872 R02 RAS KERNEL FATAL x',
    'time-prefix',
    '2005-06-03T22:42:50Z',
    21,
  ],
  ['081109 203615 148 INFO dfs.Data: x', 'time-prefix', '2008-11-09T20:36:15Z', 9],
  ['151018  9:01:47 [Warning] x', 'time-prefix', '2015-10-18T09:01:47Z', 13],
  ['17/06/09 20:10:40 ERROR exec.Backend: x', 'time-prefix', '2017-06-09T20:10:40Z', 17],
  ['2015/10/18 18:01:47 [error] 1#0: *1 x', 'time-prefix', '2015-10-18T18:01:47Z', 17],
  ['[2015-10-18 18:01:47] prod.ERROR: x', 'time-prefix', '2015-10-18T18:01:47Z', 17],
  ['[2015-10-18T18:01:47,978][WARN ][o.e.n] x', 'time-prefix', '2015-10-18T18:01:47.978Z', 13],
  ['[18/Oct/2015:18:01:47 +0100] x', 'time-prefix', '2015-10-18T17:01:47Z', undefined],
  ['[18-Oct-2015 18:01:47 UTC] PHP Warning:  x', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['18-Oct-2015 18:01:47.978 SEVERE [main] x', 'time-prefix', '2015-10-18T18:01:47.978Z', 17],
  ['18 Oct 2015 18:01:47.978 x', 'time-prefix', '2015-10-18T18:01:47.978Z', undefined],
  ['18/Oct/2015 18:01:47 x', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['Oct 18, 2015 6:01:47 PM org.Foo bar', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['Sun Oct 18 18:01:47 2015 x', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['Sun Oct 18 18:01:47 UTC 2015 x', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['[10.30 16:49:06] chrome.exe - x', 'time-prefix', '2023-10-30T16:49:06Z', undefined],
  ['03-17 16:13:38.811  1702  2395 W Window: x', 'time-prefix', '2024-03-17T16:13:38.811Z', 13],
  ['2005-06-03-15.42.50.675872 x', 'time-prefix', '2005-06-03T15:42:50.675Z', undefined],
  ['20171223-22:15:29:606|Step|x', 'time-prefix', '2017-12-23T22:15:29.606Z', undefined],
  ['20151018T180147Z x', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['10/18/2015 18:01:47 x', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['10/18/2015 12:01:47 AM x', 'time-prefix', '2015-10-18T12:01:47Z', undefined],
  ['18.10.2015 18:01:47 FEHLER', 'time-prefix', '2015-10-18T18:01:47Z', undefined],
  ['E0102 03:04:05.678901   1 server.go:1] x', 'time-prefix', '2024-01-02T03:04:05.678Z', 17],
  ['1286536309.586 921 192.168.0.68 TCP_MISS/200', 'time-prefix', '2010-10-08T11:11:49.586Z', undefined],
  ['1286536309586 x', 'time-prefix', '2010-10-08T11:11:49.586Z', undefined],
  ['1234:M 18 Oct 2015 18:01:47.978 * x', 'time-prefix', '2015-10-18T18:01:47.978Z', undefined],
  ['nova.log.1 2017-05-16 00:00:00.008 25746 INFO nova x', 'time-prefix', '2017-05-16T00:00:00.008Z', 9],
  ['what is this', 'plain', '', undefined],
]

describe('detection', () => {
  test.each(SAMPLES)('%s is %s at %s, level %s', (line, format, time, level) => {
    const detection = detectFormat([line, line], settings)
    expect(detection.format).toBe(format)
    const parsed = detection.parser.parse(line)
    expect(parsed?.timestamp).toBe(format === 'plain' ? undefined : iso(time))
    expect(parsed?.level).toBe(level)
    // The second time comes from what the parser remembers.
    expect(detection.parser.parse(line)).toEqual(parsed)
  })

  test('takes the format that reads a few lines, whatever else is there', () => {
    const good = '2015-10-18 18:01:47 x'
    const others = Array.from({ length: 190 }, (_, n) => `other ${n}`)
    expect(detectFormat([good, good, good, 'at', 'bar'], settings)).toMatchObject({
      format: 'iso',
      score: 0.6,
    })
    expect(detectFormat([...others, good, good, good], settings).format).toBe('iso')
    expect(detectFormat([...others, good], settings).format).toBe('plain')
    expect(detectFormat([good, 'at', 'bar'], settings).format).toBe('plain')
    // What goes on with an entry, and a header, says nothing against a format.
    const trace = [
      '\tat Foo.bar',
      '  File "x.py"',
      'Caused by: y',
      'Traceback (most recent call last):',
      '#Fields: a',
    ]
    expect(detectFormat([...trace, ...trace, good, ...trace], settings)).toMatchObject({
      format: 'iso',
      score: 1,
    })
    expect(detectFormat([good, '', ' '], settings)).toMatchObject({ format: 'iso', score: 1 })
    expect(detectFormat([], settings)).toMatchObject({ format: 'plain', score: 0 })
    expect(parserOfFormat('iso', [good, 'at', 'foo'], settings).format).toBe('iso')
  })

  test('no parser fails on any text', () => {
    const parsers = SAMPLES.map(([line]) => detectFormat([line], settings).parser)
    const mutated = fc.tuple(
      fc.constantFrom(...SAMPLES.map(([line]) => line)),
      fc.nat(80),
      fc.string({ maxLength: 3 }),
    )
    fc.assert(
      fc.property(mutated, ([line, at, insert]) => {
        const text = line.slice(0, at) + insert + line.slice(at + 1)
        for (const parser of parsers) {
          const parsed = parser.parse(text)
          if (parsed !== undefined) expect(Number.isInteger(parsed.timestamp)).toBe(true)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('times', () => {
  const date = fc.date({ min: new Date('1970-01-02'), max: new Date('2068-12-31'), noInvalidDate: true })
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

  test('are read as Date.UTC has them', () => {
    const isoParser = createIsoLineParser(settings)
    const access = createAccessLineParser()
    const syslog = createSyslogLineParser(settings)
    const json = createJsonLineParser(settings)
    fc.assert(
      fc.property(date, (moment) => {
        const ms = moment.getTime()
        const second = ms - (((ms % 1_000) + 1_000) % 1_000)
        const text = moment.toISOString()
        const day = text.slice(8, 10)
        const month = months[moment.getUTCMonth()]!
        const clock = text.slice(11, 19)
        expect(isoParser.parse(`${text} x`)?.timestamp).toBe(ms)
        expect(isoParser.parse(`${text.slice(0, 23).replace('T', ' ').replace('.', ',')} x`)?.timestamp).toBe(
          ms,
        )
        expect(json.parse(`{"time":"${text}"}`)?.timestamp).toBe(ms)
        expect(syslog.parse(`<1>1 ${text} x`)?.timestamp).toBe(ms)
        expect(syslog.parse(`<1>${month} ${day} ${moment.getUTCFullYear()} ${clock} x`)?.timestamp).toBe(
          second,
        )
        expect(
          access.parse(`h - - [${day}/${month}/${moment.getUTCFullYear()}:${clock} +0000] "GET /" 200 1`)
            ?.timestamp,
        ).toBe(second)
      }),
      { numRuns: 1_000 },
    )
  })

  test('without zone are of the zone of the settings', () => {
    const parser = createIsoLineParser({ zone: parseZone('Europe/Berlin'), now: NOW })
    expect(parser.parse('2024-07-01 12:00:00 x')?.timestamp).toBe(iso('2024-07-01T10:00:00Z'))
    expect(parser.parse('2024-07-01T12:00:00Z x')?.timestamp).toBe(iso('2024-07-01T12:00:00Z'))
  })

  test('without year follow the order of the lines', () => {
    const parser = createSyslogLineParser({ zone: utcZone, year: 2014, now: NOW })
    const years = [
      'Oct 30',
      'Nov 02',
      'Oct 31',
      'Jul 26',
      'Dec 31',
      'Jan  1',
      'Dec 31',
      'Jan  2',
      'Feb 29',
    ].map((day) => new Date(parser.parse(`${day} 10:00:00 host x`)!.timestamp).toISOString().slice(0, 10))
    expect(years).toEqual([
      '2014-10-30',
      '2014-11-02',
      '2014-10-31',
      '2015-07-26',
      '2015-12-31',
      '2016-01-01',
      '2015-12-31',
      '2016-01-02',
      '2016-02-29',
    ])
  })

  test('without year are not of the future', () => {
    expect(yearOf('Jun 15 23:00:00 host x')).toBe(2024)
    expect(yearOf('Jun 17 00:00:00 host x')).toBe(2023)
  })

  test('of an impossible date are not read', () => {
    expect(createIsoLineParser(settings).parse('2023-02-29 10:00:00 x')).toBeUndefined()
    expect(createIsoLineParser(settings).parse('2023-02-28 24:00:00 x')).toBeUndefined()
    expect(createSyslogLineParser(settings).parse('<192>Feb 10 10:00:00 x')).toBeUndefined()
    expect(createSyslogLineParser(settings).parse('Feb 30 10:00:00 x')).toBeUndefined()
  })
})
