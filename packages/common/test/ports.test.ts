import { describe, expect, test } from 'vitest'
import {
  assert,
  AssertionFailure,
  ERROR_CODES,
  ForgeError,
  isForgeError,
  ManualClock,
  Metrics,
  SeededRandom,
  silentLogger,
  systemClock,
  systemRandom,
} from '../src/index.ts'

const draw = (seed: number): readonly number[] => [...new SeededRandom(seed).bytes(32)]

describe('an error', () => {
  test('carries its code, its cause, and the hint of the code unless another is given', () => {
    const cause = new Error('disk')
    const error = new ForgeError('IO_FAILED', 'cannot write', { cause, details: { system: 'EIO' } })
    expect(error).toMatchObject({
      name: 'ForgeError',
      code: 'IO_FAILED',
      message: 'cannot write',
      cause,
      hint: ERROR_CODES.IO_FAILED,
    })
    expect(new ForgeError('USAGE', 'x', { hint: 'y' })).toMatchObject({ hint: 'y', details: {} })
    expect('cause' in new ForgeError('USAGE', 'x')).toBe(false)
  })

  test('is recognised by class and code', () => {
    const error: unknown = new ForgeError('USAGE', 'x')
    expect([
      isForgeError(error),
      isForgeError(error, 'IO_FAILED', 'USAGE'),
      isForgeError(error, 'IO_FAILED'),
    ]).toEqual([true, true, false])
    expect([isForgeError(new Error('x')), isForgeError({ code: 'USAGE' }), isForgeError(undefined)]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('of an invariant is another class', () => {
    expect(() => assert(false, 'two is one')).toThrow(AssertionFailure)
    expect(() => assert(true, '')).not.toThrow()
  })
})

describe('metrics', () => {
  test('are read by name, sorted, gauges at that moment', () => {
    const metrics = new Metrics()
    let level = 1
    metrics.gauge('b_bytes', () => level)
    metrics.add('c_total')
    metrics.add('c_total', 4)
    for (const ms of [3, 9, 5]) metrics.observe('a_ms', ms)
    level = 7
    expect([...metrics.read()]).toEqual([
      ['a_ms', { kind: 'histogram', count: 3, sum: 17, max: 9 }],
      ['b_bytes', { kind: 'gauge', value: 7 }],
      ['c_total', { kind: 'counter', value: 5 }],
    ])
    expect([metrics.counter('c_total'), metrics.counter('none')]).toEqual([5, 0])
  })
})

describe('clock and randomness', () => {
  test('of a manual clock move when they are moved', () => {
    const clock = new ManualClock(5)
    clock.advance(7)
    expect([clock.now(), clock.monotonicMs()]).toEqual([12, 12])
    const times = [Date.now(), systemClock.now(), Date.now()]
    expect(times).toEqual(times.toSorted((left, right) => left - right))
    expect(systemClock.monotonicMs()).toBeLessThanOrEqual(systemClock.monotonicMs())
  })

  test('of a seed repeat, stay below their bound, and differ from those of another seed', () => {
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
    const random = new SeededRandom(3)
    const drawn = Array.from({ length: 1_000 }, () => random.below(6))
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5]))
    expect(systemRandom.bytes(16)).not.toEqual(systemRandom.bytes(16))
  })
})

test('the silent logger says nothing', () => {
  expect(silentLogger.log('error', 'x')).toBeUndefined()
})
