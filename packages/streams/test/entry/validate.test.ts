import { describe, expect, test } from 'vitest'
import type { EventInput, LogInput } from '../../src/entry/entry.ts'
import { parsePriority, priorityCode, priorityFromCode, PRIORITIES } from '../../src/entry/priority.ts'
import { parseSeverity, SEVERITIES, severityCode, severityFromCode } from '../../src/entry/severity.ts'
import { validateEventInput, validateLogInput } from '../../src/entry/validate.ts'

const NOW = 1_700_000_000_000
const fault = (code: string, field: string): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining({ field }) })

describe('a log input', () => {
  test('becomes a row with defaults', () => {
    expect(validateLogInput({ topic: 'app', message: 'hi' }, NOW)).toEqual({
      topic: 'app',
      timestamp: NOW,
      level: 9,
      textKind: 'message',
      text: 'hi',
      metadata: '{}',
      id: undefined,
      marker: undefined,
    })
  })

  test('keeps what it names, with metadata sorted', () => {
    const input: LogInput = {
      topic: 'app',
      message: '',
      timestamp: -5,
      severity: 'critical',
      metadata: { b: 1, a: [null] },
      id: 'x',
      checkpointMarker: 'm',
    }
    expect(validateLogInput(input, NOW)).toMatchObject({
      timestamp: -5,
      level: 21,
      metadata: '{"a":[null],"b":1}',
      id: 'x',
      marker: 'm',
    })
  })

  test('accepts a message of exactly the limit and refuses one byte more', () => {
    const message = 'é'.repeat(524_288)
    expect(validateLogInput({ topic: 'a', message }, NOW).text).toBe(message)
    expect(() => validateLogInput({ topic: 'a', message: `${message}x` }, NOW)).toThrow(
      fault('STREAM_LIMIT', 'message') as Error,
    )
  })

  test.each<[string, string, object]>([
    ['message', 'STREAM_VALUE_INVALID', { message: 'a\ud800' }],
    ['message', 'STREAM_VALUE_INVALID', { message: 5 }],
    ['topic', 'STREAM_VALUE_INVALID', { topic: undefined }],
    ['timestamp', 'STREAM_VALUE_INVALID', { timestamp: NaN }],
    ['timestamp', 'STREAM_VALUE_INVALID', { timestamp: 1.5 }],
    ['timestamp', 'STREAM_VALUE_INVALID', { timestamp: 9e15 }],
    ['timestamp', 'STREAM_VALUE_INVALID', { timestamp: '5' }],
    ['severity', 'STREAM_VALUE_INVALID', { severity: 'loud' }],
    ['severity', 'STREAM_VALUE_INVALID', { severity: 'toString' }],
    ['metadata', 'STREAM_VALUE_INVALID', { metadata: [1] }],
    ['metadata', 'STREAM_VALUE_INVALID', { metadata: new Map() }],
    ['metadata', 'STREAM_VALUE_INVALID', { metadata: { at: new Date(0) } }],
    ['metadata', 'STREAM_VALUE_INVALID', { metadata: { n: NaN } }],
    ['metadata', 'STREAM_VALUE_INVALID', { metadata: null }],
    ['metadata', 'STREAM_LIMIT', { metadata: { a: 'x'.repeat(65_536) } }],
    ['id', 'STREAM_LIMIT', { id: 'x'.repeat(129) }],
    ['id', 'STREAM_VALUE_INVALID', { id: '' }],
    ['checkpointMarker', 'STREAM_LIMIT', { checkpointMarker: 'x'.repeat(129) }],
  ])('with a bad %s is refused with %s: %j', (field, code, part) => {
    // The casts let wrong types in, as callers in JavaScript do.
    const input = { topic: 'a', message: 'm', ...part } as LogInput
    expect(() => validateLogInput(input, NOW)).toThrow(fault(code, field) as Error)
  })
})

describe('an event input', () => {
  test('keeps JSON as RFC 8785 text and bytes as they are', () => {
    expect(validateEventInput({ topic: 'a', payload: { b: 1, a: 2 } }, NOW)).toMatchObject({
      textKind: 'json',
      text: '{"a":2,"b":1}',
      level: 1,
    })
    const payload = Uint8Array.of(1, 2)
    expect(validateEventInput({ topic: 'a', payload, priority: 'critical' }, NOW)).toMatchObject({
      textKind: 'bytes',
      text: payload,
      level: 3,
    })
  })

  test.each<[string, string, object]>([
    ['payload', 'STREAM_VALUE_INVALID', { payload: undefined }],
    ['payload', 'STREAM_LIMIT', { payload: new Uint8Array(1_048_577) }],
    ['payload', 'STREAM_LIMIT', { payload: 'x'.repeat(1_048_576) }],
    ['priority', 'STREAM_VALUE_INVALID', { priority: 'urgent' }],
  ])('with a bad %s is refused with %s', (field, code, part) => {
    const input = { topic: 'a', payload: 1, ...part } as EventInput
    expect(() => validateEventInput(input, NOW)).toThrow(fault(code, field) as Error)
  })
})

describe('levels', () => {
  test('turn into codes and back', () => {
    expect(SEVERITIES.map(severityCode)).toEqual([1, 5, 9, 11, 13, 17, 21])
    for (const severity of SEVERITIES) expect(severityFromCode(severityCode(severity))).toBe(severity)
    for (const priority of PRIORITIES) expect(priorityFromCode(priorityCode(priority))).toBe(priority)
  })

  test.each([
    ['WARNING', 'warn'],
    ['Err', 'error'],
    ['fatal', 'critical'],
    ['CRIT', 'critical'],
    ['eMERG', 'critical'],
    [' info ', 'info'],
  ])('%j is read as %s', (text, severity) => {
    expect(parseSeverity(text)).toBe(severity)
  })

  test('that do not exist are refused with the valid names', () => {
    expect(() => parseSeverity('loud')).toThrow('trace, debug, info, notice, warn, error, critical')
    expect(() => parsePriority('urgent')).toThrow('low, normal, high, critical')
    expect(() => severityFromCode(2)).toThrow(fault('STREAM_VALUE_INVALID', 'severity') as Error)
  })
})
