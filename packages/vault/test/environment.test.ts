import { assert, asyncProperty, constantFrom, string, uniqueArray } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEnvironment, importEnvironment, parseEnvironment, readEnvironment } from '../src/index.ts'
import { codeOf, openVault } from './vault-host.ts'

describe('the text of an environment', () => {
  test('is read with quotes, escapes and comments, and nothing is expanded', () => {
    const text = `# a comment
PLAIN=value   # behind
export EXPORTED = spaced
EMPTY=
SINGLE='raw \\n $HOME "x" # no comment'
DOUBLE="two\\nlines \\"quoted\\" \\$HOME $HOME \\\\"
MULTI="first
second"\r
`
    expect(Object.fromEntries(parseEnvironment(text).map(({ name, value }) => [name, value]))).toEqual({
      PLAIN: 'value',
      EXPORTED: 'spaced',
      EMPTY: '',
      SINGLE: 'raw \\n $HOME "x" # no comment',
      DOUBLE: 'two\nlines "quoted" $HOME $HOME \\',
      MULTI: 'first\nsecond',
    })
  })

  test('is refused with its line where it is malformed, and the message repeats nothing of it', () => {
    const cases: readonly [string, number][] = [
      ['A=1\nnot a pair', 2],
      ['A=topsecret with blanks', 1],
      ["A='topsecret", 1],
      ['A="topsecret', 1],
      ['A="x"topsecret', 1],
      ['A="\\q"', 1],
      ['A=1\nA=2', 2],
      ['=x', 1],
      ['A="1\n2"\nB C', 3],
    ]
    for (const [text, line] of cases) {
      try {
        parseEnvironment(text)
        expect.unreachable(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'VAULT_ENV_FORMAT', details: { line } })
        expect(String(error)).not.toContain('topsecret')
      }
    }
  })

  test('that is written is read back, whatever the values are', async () => {
    const { vault } = await openVault()
    await assert(
      asyncProperty(
        uniqueArray(constantFrom('A', 'B_1', 'LONG_NAME'), { minLength: 1 }),
        string({ unit: 'binary', maxLength: 60 }),
        async (names, value) => {
          const clean = value.replaceAll('\u0000', '').replaceAll('\r\n', '\n')
          const entries = names.map((name) => ({ name, value: clean }))
          expect(parseEnvironment(formatEnvironment(entries))).toEqual(entries)
        },
      ),
    )
    expect(await vault.list()).toEqual([])
  })
})

test('secrets come and go as variables under a prefix, except those that change what runs', async () => {
  const { vault } = await openVault()
  expect(
    await importEnvironment(vault, 'API_KEY=k1\ndb-url=x', { prefix: 'app' }).catch(() => 'refused'),
  ).toBe('refused')
  expect(await importEnvironment(vault, "API_KEY=k1\nURL='https://x?y=1'", { prefix: 'app' })).toEqual([
    'app/API_KEY',
    'app/URL',
  ])
  await vault.set('app/nested/db-pass.word', 'p')
  await vault.set('other/THING', 'o')
  expect(await readEnvironment(vault, { prefix: 'app' })).toEqual([
    { name: 'API_KEY', value: 'k1' },
    { name: 'URL', value: 'https://x?y=1' },
    { name: 'DB_PASS_WORD', value: 'p' },
  ])
  await vault.set('app/NODE_OPTIONS', '--require ./evil.js')
  expect(await codeOf(readEnvironment(vault, { prefix: 'app' }))).toBe('VAULT_ENV_FORMAT')
  expect(await readEnvironment(vault, { prefix: 'app', allow: ['NODE_OPTIONS'] })).toHaveLength(4)
  await vault.set('app/deeper/api.key', 'twice')
  expect(await codeOf(readEnvironment(vault, { prefix: 'app', allow: ['NODE_OPTIONS'] }))).toBe(
    'VAULT_ENV_FORMAT',
  )
  await vault.set('odd/9name', 'x')
  expect(await codeOf(readEnvironment(vault, { prefix: 'odd' }))).toBe('VAULT_ENV_FORMAT')
})
