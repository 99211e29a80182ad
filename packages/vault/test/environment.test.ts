import { describe, expect, test } from 'vitest'
import {
  exportEnvironment,
  formatEnvironment,
  importEnvironment,
  parseEnvironment,
  readEnvironment,
} from '../src/index.ts'
import { codeOf, openVault } from './vault-host.ts'

describe('the text of an environment', () => {
  test('is read with quotes and comments, and nothing is expanded', () => {
    const text = `\uFEFF# a comment
PLAIN=value   # behind
export EXPORTED=spaced
EMPTY=
NOTHING='' # empty
SINGLE='raw \\n $HOME "x" # no comment'
DOUBLE="it's # no comment"
  URL=https://h:1/p?q=1\r
MULTI="first
second"\r
LAST=caf\u00E9`
    expect(Object.fromEntries(parseEnvironment(text).map(({ name, value }) => [name, value]))).toEqual({
      PLAIN: 'value',
      EXPORTED: 'spaced',
      EMPTY: '',
      NOTHING: '',
      SINGLE: 'raw \\n $HOME "x" # no comment',
      DOUBLE: "it's # no comment",
      URL: 'https://h:1/p?q=1',
      MULTI: 'first\nsecond',
      LAST: 'caf\u00E9',
    })
    expect(parseEnvironment(new TextEncoder().encode(text))).toEqual(parseEnvironment(text))
  })

  test('is refused with its line where it is malformed or programs differ, and the message repeats nothing of it', () => {
    const cases: readonly [string, number][] = [
      ['A=1\nnot a pair', 2],
      ['A=topsecret with blanks', 1],
      ["A='topsecret", 1],
      ['A="topsecret', 1],
      ['A="x"topsecret', 1],
      ['A="x"\'topsecret\'', 1],
      ['A="\\q"', 1],
      ['A="topsecret\\n"', 1],
      ['A="topsecret$"', 1],
      ['A="`topsecret`"', 1],
      ["A='topsecret\\'", 1],
      ['A=1\nA=2', 2],
      ['=x', 1],
      ['A="1\n2"\nB C', 3],
      ['A=topsecret#x', 1],
      ['A=#topsecret', 1],
      ['A=top$ecret', 1],
      ['A=top\\secret', 1],
      ['A=topsecret\\\nmore', 1],
      ['A=`topsecret`', 1],
      ['A=top"secret"', 1],
      ["A=top'secret'", 1],
      ['A=topsecret;x', 1],
      ['A=topsecret&x', 1],
      ['A=~/topsecret', 1],
      ['A=x:~/topsecret', 1],
      ['A={topsecret,x}', 1],
      ['A = topsecret', 1],
      ['A= topsecret', 1],
      ['A: topsecret', 1],
      ['A+=topsecret', 1],
      ['export  A=topsecret', 1],
      ['export A=', 1],
      ['A= \nB=topsecret', 1],
      [' # A=topsecret', 1],
      ["A='top\rsecret'", 1],
      ["A='top\r\nsecret'", 1],
      ['A=top\rB=secret', 1],
      ["A='top\0secret'", 1],
      ['A=top\0secret', 1],
      ['A=topsecret\u00A0', 1],
      ['# x\u2028A=topsecret', 1],
      ["A='top\uD800secret'", 1],
      ['é=topsecret', 1],
    ]
    for (const [text, line] of cases) {
      try {
        parseEnvironment(text)
        expect.unreachable(JSON.stringify(text))
      } catch (error) {
        expect(error, JSON.stringify(text)).toMatchObject({ code: 'VAULT_ENV_FORMAT', details: { line } })
        expect(String(error)).not.toMatch(/top.?secret/)
      }
    }
  })

  test('is not written with names that shells keep for themselves or evaluate', () => {
    for (const name of [
      'RANDOM',
      'SRANDOM',
      'HISTCMD',
      'OPTIND',
      'UID',
      'BASHPID',
      'PS4',
      'PROMPT_COMMAND',
      '_',
      '9A',
      'a b',
    ])
      expect(() => formatEnvironment([{ name, value: 'a[$(touch ran)]' }]), name).toThrow(
        expect.objectContaining({ code: 'VAULT_ENV_FORMAT' }),
      )
    const twice = [
      { name: 'A', value: 'topsecret' },
      { name: 'A', value: 'x' },
    ]
    expect(() => formatEnvironment(twice)).toThrow(expect.objectContaining({ code: 'VAULT_ENV_FORMAT' }))
  })
})

test('a value that no variable can hold is refused by its path, never repeated', async () => {
  const { vault } = await openVault()
  const cases: readonly [string, Uint8Array | string, 'read' | 'export'][] = [
    ['NUL', 'open\0sesame', 'read'],
    ['BINARY', new Uint8Array([0x6f, 0x70, 0x65, 0x6e, 0xff]), 'read'],
    ['CR', 'open\r\nsesame', 'export'],
    ['QUOTES', `open'ses"ame`, 'export'],
    ['SLASH', 'open sesame\\', 'export'],
    ['RANDOM', 'open sesame', 'export'],
  ]
  for (const [name, value, where] of cases) {
    const prefix = `p-${name.toLowerCase()}`
    await vault.set(`${prefix}/${name}`, value)
    for (const attempt of [readEnvironment, exportEnvironment]) {
      if (where === 'export' && attempt === readEnvironment) continue
      const error: unknown = await attempt(vault, { prefix }).catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'VAULT_ENV_FORMAT' })
      expect(String(error)).toContain(`${prefix}/${name}`)
      expect(String(error)).not.toContain('open')
    }
  }
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
