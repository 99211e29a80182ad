import { array, assert, constantFrom, oneof, property, string, tuple, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isForgeError } from '@forgeone/common'
import { formatEnvironment, parseEnvironment, type EnvironmentEntry } from '../src/index.ts'
import {
  bashReads,
  dotenvReads,
  latin1,
  nodeFileReads,
  nodeReads,
  type Reading,
} from './environment-readers.ts'

const PIECES = [
  ...'\'"`$\\#=~ \t\n\r!*?[]{}()&;|<>:x0_,\u0001\u007F\u00A0\u2028\u00E9',
  '$(touch ran)',
  '`touch ran`',
  '\\n',
  "\\'",
  '\uFEFF',
  ' #',
  '\nA=',
  '${HOME}',
  '~/',
]
const odd = array(constantFrom(...PIECES), { maxLength: 8 }).map((parts) => parts.join(''))
const value = oneof(odd, string({ unit: 'binary', maxLength: 20 }), string({ maxLength: 20 }))

function expected(entries: readonly EnvironmentEntry[]): Reading {
  return Object.fromEntries(entries.map((entry) => [entry.name, latin1(entry.value)]))
}

function accepted<T>(attempt: () => T, value: string): T | undefined {
  try {
    return attempt()
  } catch (error) {
    if (!isForgeError(error, 'VAULT_ENV_FORMAT')) throw error
    if (value.length > 7) expect(error.message).not.toContain(value)
    return undefined
  }
}

describe('the text of an environment', () => {
  test('that is written is read as the same bytes by bash, Node.js, dotenv and the import; sourcing runs nothing', () => {
    let taken = 0
    assert(
      property(array(value, { minLength: 1, maxLength: 60 }), (values) => {
        const entries = values
          .map((one, index) => ({ name: `V${index}`, value: one }))
          .filter((entry) => accepted(() => formatEnvironment([entry]), entry.value) !== undefined)
        taken += entries.length
        const text = formatEnvironment(entries)
        const names = entries.map(({ name }) => name)
        expect(parseEnvironment(text)).toEqual(entries)
        expect(nodeReads(text)).toEqual(expected(entries))
        expect(dotenvReads(text)).toEqual(expected(entries))
        expect(bashReads(text, names)).toEqual(expected(entries))
      }),
      { numRuns: 40 },
    )
    expect(taken).toBeGreaterThan(80)
  })

  test('is read the same by `node --env-file` as a program', () => {
    const values = [
      '',
      ' lead',
      'trail ',
      'a#b',
      'x$y"z',
      'C:\\new',
      "it's",
      'two\nlines\n',
      '`touch x`',
      '#',
      '\u00E9',
    ]
    const entries = values.map((one, index) => ({ name: `V${index}`, value: one }))
    const text = formatEnvironment(entries)
    expect(
      nodeFileReads(
        text,
        entries.map(({ name }) => name),
      ),
    ).toEqual(expected(entries))
  })

  test('that is taken means the same to bash, Node.js and dotenv', () => {
    const line = tuple(
      constantFrom('A=', 'B=', 'export C=', 'D =', 'E= ', ' F=', 'export  G=', '# ', ' # x=', '', 'H'),
      constantFrom('', '', "'", '"'),
      array(constantFrom(...PIECES.filter((one) => one !== '\r')), { maxLength: 4 }).map((parts) =>
        parts.join(''),
      ),
      constantFrom('', '', "'", '"', " 'x'", ' # c', '#c', " # it's", ' '),
    ).map((parts) => parts.join(''))
    const plain = tuple(
      constantFrom('A=', 'B=', 'export C=', ' F='),
      constantFrom(
        '',
        'x',
        "''",
        '""',
        "'x y'",
        '"x y"',
        'a=b',
        'a~b',
        '*',
        "'#'",
        "'\n'",
        '"\'"',
        'a?b&c',
        'http://h:1/p?q=1',
      ),
      constantFrom('', ' ', ' # c', " # it's", '\t# "'),
    ).map((parts) => parts.join(''))
    let taken = 0
    assert(
      property(array(oneof(line, plain), { minLength: 1, maxLength: 4 }), (lines) => {
        const text = lines.join('\n')
        const entries = accepted(() => parseEnvironment(text), text)
        if (entries === undefined || entries.length === 0) return
        taken++
        const names = entries.map(({ name }) => name)
        expect(dotenvReads(text)).toEqual(expected(entries))
        expect(nodeReads(text)).toMatchObject(expected(entries))
        expect(bashReads(text, names)).toEqual(expected(entries))
      }),
      { numRuns: 2000 },
    )
    expect(taken).toBeGreaterThan(100)
  })

  test('is refused where its bytes are no UTF-8, with the line', () => {
    const latin = Buffer.from("A=1\nB='caf\u00E9'\n", 'latin1')
    expect(() => parseEnvironment(new Uint8Array(latin))).toThrow(
      expect.objectContaining({ code: 'VAULT_ENV_FORMAT', details: { line: 2 } }),
    )
    assert(
      property(uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.concat([
          Buffer.from("A='"),
          Buffer.from(bytes.filter((byte) => byte !== 0x27)),
          Buffer.from("'\n"),
        ])
        const entries = accepted(() => parseEnvironment(new Uint8Array(text)), 'no value')
        if (entries !== undefined) expect(Buffer.from(entries[0]!.value)).toEqual(text.subarray(3, -2))
      }),
    )
  })
})
