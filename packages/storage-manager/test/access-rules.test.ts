import { assert as check, array, constantFrom, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Rights } from '../src/access/evaluate.ts'
import type { Grant } from '../src/access/grant.ts'
import { covers, parseResource } from '../src/access/resource-pattern.ts'
import type { Action } from '../src/index.ts'

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
      }),
      { maxLength: 6 },
    )
    check(
      property(grants, resource, (made, asked) => {
        const list: Grant[] = made.map(({ resource: text, effect, action }, index) => ({
          id: `g${index}`,
          holder: 'x',
          actions: [action],
          resource: text,
          effect,
        }))
        const naive = (effect: string): boolean =>
          list.some(
            (each) =>
              each.effect === effect &&
              each.actions[0] === 'data.read' &&
              toRegExp(each.resource).test(asked),
          )
        const { allowed } = new Rights(list, []).decide({ action: 'data.read', resource: asked, now: 0 })
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

function below(granted: string, asked: string): boolean {
  return covers(parseResource(granted), parseResource(asked))
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((part) => (part === '**' ? '[^/]+(?:/[^/]+)*' : part === '*' ? '[^/]+' : part))
  return new RegExp(`^${source.join('/')}$`)
}
