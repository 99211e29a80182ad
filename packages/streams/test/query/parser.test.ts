import { isForgeError, type ForgeError } from '@forgeone/common'
import { describe, expect, test } from 'vitest'
import { caretMessage } from '../../src/syntax/caret-message.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { printQuery } from '../../src/query/printer.ts'

const canonical = (text: string): string => printQuery(parseQuery(text))

function refusal(text: string): ForgeError {
  try {
    parseQuery(text)
  } catch (error) {
    if (isForgeError(error)) return error
    throw error
  }
  throw new Error(`${text} was accepted`)
}

describe('a query', () => {
  test.each([
    ['', '*'],
    ['  ', '*'],
    ['*', '*'],
    ['error', 'error'],
    ['a AND b', 'a b'],
    ['a b OR c', 'a b OR c'],
    ['(a OR b) c', '(a OR b) c'],
    ['a (b c)', 'a (b c)'],
    ['-a', 'NOT a'],
    ['-(a OR b)', 'NOT (a OR b)'],
    ['-"a b"', 'NOT "a b"'],
    ['a and b', 'a and b'],
    ['err*', 'err*'],
    ['"disk full"*', '"disk full"*'],
    ['*isk*', '*"isk"*'],
    ['i( Foo )', 'i(Foo)'],
    ['i("a b"*)', 'i("a b"*)'],
    ['="x"', 'message:=x'],
    ['in(a, b)', 'message:in(a,b)'],
    ['message:foo', 'foo'],
    ['severity:>=WARNING', 'severity:>=warn'],
    ['severity:warn', 'severity:=warn'],
    ['severity:in(err, "crit")', 'severity:in(error,critical)'],
    ['severity:[warn,critical)', 'severity:[warn,critical)'],
    ['priority:High', 'priority:=high'],
    ['topic:app.*', 'topic:app.*'],
    ['topic:"app.web"', 'topic:app.web'],
    ['topic:>', 'topic:>'],
    ['topic:> x', 'topic:> x'],
    ['topic:>=b', 'topic:>=b'],
    ['time:-1h', 'time:>=-1h'],
    ['time:15m', 'time:>=-15m'],
    ['time:2026-01-31', 'time:[2026-01-31T00:00:00.000Z,2026-02-01T00:00:00.000Z)'],
    ['time:[-2h,now)', 'time:[-2h,now)'],
    ['id:abc-1', 'id:=abc-1'],
    ['marker:*', 'marker:*'],
    ['metadata.a.b:>5', 'metadata.a.b:>5'],
    ['metadata."a b"[2]:x', 'metadata."a b"[2]:x'],
    ['payload.user:alice', 'payload.user:alice'],
    ['a | limit 5', 'a | limit 5'],
    ['| fields topic,message', '* | fields topic, message'],
    ['a | stats by topic count() as n | sort by n desc', 'a | stats by topic count() as n | sort by n desc'],
    ['a | histogram 5m', 'a | histogram 5m'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected)
  })

  test.each([
    '/var/log/app.log',
    '10.0.0.1',
    '10.0.0.1:80',
    'http://example.com/a',
    'C:\\temp',
    'std::vector',
    'failed:',
    'key=value',
    '[error]',
    'org.apache.Foo:12',
    'node1:8080',
    '--verbose',
    '->',
    'a-b',
    '<none>',
    'user@host',
    '12:30:45',
  ])('takes %s as text without quotes', (text) => {
    expect(canonical(text)).toBe(`"${text.replaceAll('\\', '\\\\')}"`)
  })

  test('keeps backslashes that escape nothing', () => {
    expect(canonical('"C:\\new"')).toBe('"C:\\\\new"')
    expect(parseQuery('~"\\d+"').filter).toMatchObject({ test: { kind: 'regex', source: '\\d+' } })
  })
})

describe('a mistake', () => {
  test.each([
    ['(a', 2],
    ['a)', 1],
    ['a OR', 4],
    ['OR a', 0],
    ['"abc', 0],
    ['""', 0],
    ['*a', 0],
    ['*"a"', 4],
    ['topic:app*', 6],
    ['topic:', 6],
    ['topic:i(a)', 6],
    ['severity:loud', 9],
    ['severity:', 9],
    ['time:yesterday', 5],
    ['time:>=2026-02-30', 5],
    ['metadata.x:[1,2', 15],
    ['metadata.x:(1 2)', 14],
    ['i(a b)', 4],
    ['a |', 3],
    ['a | topp 5', 4],
    ['a | limit', 9],
    ['a | limit x', 10],
    ['a | sort n', 9],
    ['a | fields nope', 11],
    ['a | stats max()', 14],
    ['a | histogram x', 14],
    ['~"("', 1],
    ['a\ud800', 0],
  ])('%j is reported at %i', (text, offset) => {
    const { code, details } = refusal(text)
    expect(code).toBe('STREAM_QUERY_SYNTAX')
    expect(details['offset']).toBe(offset)
  })

  test.each([
    ['levl:warn', 'severity'],
    ['severty:warn', 'severity'],
    ['msg:x', 'message'],
    ['tpic:x', 'topic'],
    ['status:500', 'metadata.status'],
    ['payloads:5', 'payload'],
  ])('in the field of %s suggests %s', (text, suggestion) => {
    expect(refusal(text).details).toMatchObject({ offset: 0, suggestion })
  })

  test.each([
    `${'a '.repeat(64)}a`,
    'a'.repeat(4_097),
    `${'('.repeat(40)}a${')'.repeat(40)}`,
    `${'NOT '.repeat(40)}a`,
    `~"${'a'.repeat(513)}"`,
  ])('of size is refused', (text) => {
    expect(refusal(text).code).toBe('STREAM_QUERY_LIMIT')
  })

  test('is shown by a caret under its place', () => {
    expect(caretMessage('a\tb )', 4)).toBe('a b )\n    ^')
    expect(caretMessage('日本 )', 3)).toBe('日本 )\n   ^')
    expect(caretMessage('ab', 99)).toBe('ab\n  ^')
    const [line, caret] = caretMessage(`${'x'.repeat(300)})${'y'.repeat(300)}`, 300).split('\n')
    expect(line!.length).toBeLessThan(110)
    expect(line![caret!.indexOf('^')]).toBe(')')
  })
})

describe('a regular expression', () => {
  test.each([
    'a+b*',
    '(?:ab)+',
    '(a|b)+',
    '(\\d{3}-){2}',
    '(?:\\.\\d+)?',
    '[+*](a)',
    '\\(a+\\)+',
    '(?<name>a)b',
    '(foo|bar)x+',
    '^\\[\\w+\\] \\d+$',
    '\\u{1f600}+',
    '(a+)+',
    '(a*)*',
    '((a+)b)*',
    '(a?){30}',
    '(a|a)*',
    '(a|aa)+',
    '(a|)+',
    '(.|a)+',
    '(a?b|b)+',
    '([ab]|a)+',
    '(?i:a|A)+',
    '((a|ab)(c|bcd))*',
    '(a{1,3}){4}',
    '(a+?)+',
  ])('%s is accepted', (source) => {
    expect(() => parseQuery(`~"${source.replaceAll('\\', '\\\\')}"`)).not.toThrow()
  })

  test.each(['(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?<n>a)\\k<n>'])(
    '%s is refused',
    (source) => {
      expect(refusal(`~"${source.replaceAll('\\', '\\\\')}"`).code).toBe('STREAM_QUERY_UNSAFE')
    },
  )
})
