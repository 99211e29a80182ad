import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileTopicPattern } from '../../src/topic/topic-pattern.ts'
import { validateTopicName } from '../../src/topic/topic-name.ts'

const token = fc.constantFrom('a', 'b', 'ab', 'é', '日')
const topic = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? ['>'] : [])].join('.'))

/** The rule of patterns in its plainest form: a regular expression per pattern. */
function matchesByRegex(text: string, name: string): boolean {
  const source = text.split('.').map((part) => (part === '*' ? '[^.]+' : part === '>' ? '.+' : part))
  return new RegExp(`^${source.join('\\.')}$`, 'u').test(name)
}

describe('topic patterns', () => {
  test('agree with a regular expression on any topic', () => {
    fc.assert(
      fc.property(pattern, topic, (text, name) => {
        expect(compileTopicPattern(text).matches(name)).toBe(matchesByRegex(text, name))
      }),
      { numRuns: 2_000 },
    )
  })

  test('without wildcards match exactly one topic', () => {
    fc.assert(
      fc.property(topic, topic, (text, name) => {
        const compiled = compileTopicPattern(text)
        expect(compiled.exact).toBe(text)
        expect(compiled.matches(name)).toBe(text === name)
      }),
    )
  })

  test.each([
    ['app.*', 'app.web', true],
    ['app.*', 'app', false],
    ['app.*', 'app.web.x', false],
    ['app.>', 'app.web.x', true],
    ['app.>', 'app', false],
    ['*', 'app', true],
    ['*', 'app.web', false],
    ['>', 'app.web', true],
    ['*.web', 'app.web', true],
    ['*.web', 'app.webs', false],
    ['a.*.>', 'a.b', false],
    ['a.*.>', 'a.b.c', true],
    ['$dead.>', '$dead.mail', true],
  ])('%s against %s is %s', (text, name, expected) => {
    expect(compileTopicPattern(text).matches(name)).toBe(expected)
  })

  test.each(['', 'a..b', 'a*', 'a.b>', '>.a', 'a b', '.a', 'a.', Array(17).fill('a').join('.')])(
    'refuses %j',
    (text) => {
      expect(() => compileTopicPattern(text)).toThrow(
        expect.objectContaining({ code: 'STREAM_PATTERN_INVALID' }),
      )
    },
  )
})

describe('topic names', () => {
  test.each(['a', 'app.web-1', 'höhe.日本', 'a'.repeat(255), Array(16).fill('a').join('.')])(
    'accepts %j',
    (name) => {
      expect(() => validateTopicName(name)).not.toThrow()
    },
  )

  test.each([
    ['', 'is empty'],
    ['a b', 'blank'],
    ['a\u0000', 'control'],
    ['a\u2028', 'blank'],
    ['a.*', '* or >'],
    ['>', '* or >'],
    ['a..b', 'empty token'],
    ['.a', 'empty token'],
    ['é'.repeat(128), '255 bytes'],
    [Array(17).fill('a').join('.'), '16 tokens'],
    ['$sys', 'reserved'],
    ['a\ud800', 'surrogate'],
  ])('refuses %j because it %s', (name, reason) => {
    expect(() => validateTopicName(name)).toThrow(
      expect.objectContaining({ code: 'STREAM_TOPIC_INVALID', message: expect.stringContaining(reason) }),
    )
  })

  test('lets ForgeOne itself name system topics', () => {
    expect(() => validateTopicName('$dead.mail', { system: true })).not.toThrow()
  })
})
