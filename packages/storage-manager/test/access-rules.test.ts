import {
  assert as check,
  array,
  constantFrom,
  integer,
  option,
  property,
  record,
  subarray,
  tuple,
  type Arbitrary,
} from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Rights } from '../src/access/evaluate.ts'
import { checkGrant, type Grant } from '../src/access/grant.ts'
import { hoursMatcher } from '../src/access/grant-hours.ts'
import { covers, parseResource } from '../src/access/resource-pattern.ts'
import { WEEKDAYS, type Action, type GrantHours } from '../src/index.ts'

describe('the decision', () => {
  const segment = constantFrom('a', 'b', '*')

  test('equals that of a naive evaluator, whatever the grants are', () => {
    const resource = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((parts) =>
      parts.join('/'),
    )
    const patterns = array(segment, { minLength: 1, maxLength: 3 }).chain((parts) =>
      constantFrom(parts.join('/'), `${parts.join('/')}/**`, '**'),
    )
    const grants = array(
      record({
        resource: patterns,
        effect: constantFrom<'allow' | 'deny'>('allow', 'deny'),
        action: constantFrom<Action>('data.read', 'data.list'),
        hours: option(anyHours(), { nil: undefined }),
      }),
      { maxLength: 6 },
    )
    check(
      property(grants, resource, anyTime(), (made, asked, now) => {
        const list: Grant[] = made.map(({ resource: text, effect, action, hours }, index) => ({
          id: `g${index}`,
          holder: 'x',
          actions: [action],
          resource: text,
          effect,
          hours,
        }))
        const naive = (effect: string): boolean =>
          list.some(
            (each) =>
              each.effect === effect &&
              each.actions[0] === 'data.read' &&
              (each.hours === undefined || isWithin(each.hours, now)) &&
              toRegExp(each.resource).test(asked),
          )
        const { allowed } = new Rights(list, []).decide({ action: 'data.read', resource: asked, now })
        expect(allowed).toBe(naive('allow') && !naive('deny'))
      }),
      { numRuns: 5000 },
    )
  })

  test('covers below a path and not beside it', () => {
    expect([
      below('x/**', 'xy'),
      below('x/**', 'x'),
      below('x/**', 'x/y/z'),
      below('x/*', 'x/**'),
      below('x/**', 'x/*'),
    ]).toEqual([false, false, true, false, true])
  })
})

describe('hours', () => {
  // 2026-11-20 is a Friday.
  const friday = { from: '22:00', to: '06:00', days: ['fri'] } as const

  test('that pass midnight belong to the day on which they begin, to the millisecond', () => {
    const isIn = hoursMatcher(friday)
    const answers = [
      '2026-11-20T21:59:59.999Z',
      '2026-11-20T22:00:00.000Z',
      '2026-11-21T05:59:59.999Z',
      '2026-11-21T06:00:00.000Z',
      '2026-11-20T05:00:00.000Z',
      '2026-11-21T22:00:00.000Z',
    ].map((text) => isIn(Date.parse(text)))
    expect(answers).toEqual([false, true, true, false, false, false])
  })

  test('are those of a fixed offset, which may make it another day', () => {
    const isIn = hoursMatcher({ from: '00:00', to: '24:00', days: ['fri'], offsetMinutes: -330 })
    expect(
      ['2026-11-20T05:29Z', '2026-11-20T05:30Z', '2026-11-21T05:29Z'].map((text) => isIn(Date.parse(text))),
    ).toEqual([false, true, true])
  })

  test('that are malformed or say nothing are refused, and a grant keeps none of its caller’s objects', () => {
    const grant = { id: 'g_0123456789abcdef', holder: 'a', resource: '**', effect: 'allow' } as const
    const refused: readonly object[] = [
      { from: '8:00', to: '18:00' },
      { from: '24:00', to: '18:00' },
      { from: '08:00', to: '24:01' },
      { from: '08:00', to: '08:00' },
      { from: '08:00' },
      { from: '08:00', to: '18:00', days: [] },
      { from: '08:00', to: '18:00', days: ['monday'] },
      { from: '08:00', to: '18:00', offsetMinutes: 0.5 },
      { from: '08:00', to: '18:00', offsetMinutes: 901 },
      { from: '08:00', to: '18:00', zone: 'Europe/Berlin' },
    ]
    for (const hours of refused) {
      // What a caller without types may give.
      const made = { ...grant, actions: ['data.read'], hours } as Grant
      expect(() => checkGrant(made, 0), JSON.stringify(hours)).toThrow(
        expect.objectContaining({ code: 'ACCESS_GRANT_INVALID' }),
      )
    }
    const actions: Action[] = ['data.read']
    const kept = checkGrant({ ...grant, actions, hours: friday }, 0)
    actions.push('data.delete')
    expect([kept.actions, kept.hours]).toEqual([['data.read'], friday])
  })
})

/** Any hours that a grant may have. */
function anyHours(): Arbitrary<GrantHours> {
  const clock = integer({ min: 0, max: 1439 }).map(textOfMinute)
  return tuple(
    clock,
    clock,
    option(subarray([...WEEKDAYS], { minLength: 1 }), { nil: undefined }),
    constantFrom(undefined, 0, 60, -330, 840, -720),
  )
    .filter(([from, to]) => from !== to)
    .map(([from, to, days, offsetMinutes]) => ({ from, to, days, offsetMinutes }))
}

function anyTime(): Arbitrary<number> {
  return integer({ min: 0, max: 30 * 86_400_000 })
}

function textOfMinute(minute: number): string {
  return new Date(minute * 60_000).toISOString().slice(11, 16)
}

/** By the calendar: looks at the ranges that began on this day and on the one before. */
function isWithin({ from, to, days, offsetMinutes = 0 }: GrantHours, now: number): boolean {
  const local = now + offsetMinutes * 60_000
  return [0, 1].some((daysBack) => {
    const date = new Date(local - daysBack * 86_400_000)
    const name = date.toLocaleDateString('en-US', { weekday: 'short', timeZone: 'UTC' }).toLowerCase()
    if (days !== undefined && !days.some((day) => day === name)) return false
    const day = date.toISOString().slice(0, 10)
    const begin = Date.parse(`${day}T${from}:00Z`)
    const end = Date.parse(`${day}T${to}:00Z`) + (to < from ? 86_400_000 : 0)
    return local >= begin && local < end
  })
}

function below(granted: string, asked: string): boolean {
  return covers(parseResource(granted), parseResource(asked))
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((part) => (part === '**' ? '[^/]+(?:/[^/]+)*' : part === '*' ? '[^/]+' : part))
  return new RegExp(`^${source.join('/')}$`)
}
