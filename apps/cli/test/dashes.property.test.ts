import { assert, constantFrom, integer, oneof, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { isForgeError } from '@forgeone/common'
import { NOUNS } from '../src/nouns.ts'
import { GLOBAL_OPTIONS } from '../src/program/global-options.ts'
import { loadCommands } from '../src/program/noun.ts'
import { parseArguments } from '../src/program/parse-arguments.ts'

const commands = await loadCommands(NOUNS)
const taking = commands.filter(({ positionals }) => positionals.max > 0)
const user = oneof(
  constantFrom(
    'debug',
    'debug severity:>=warn',
    'INFO',
    'n10',
    'tail',
    'c',
    'dq',
    'qc',
    '5',
    '.5',
    ' a',
    '"x y"',
    '-- a',
    'd=x',
    'n=5',
  ),
  string({ maxLength: 8 }),
  string({ unit: constantFrom(...'dntcqof5- ='), maxLength: 4 }),
).map((text) => `-${text}`)

test('a word of a user that begins with - is the value, or is refused with what to write, and never an option in part', () => {
  assert(
    property(constantFrom(...taking), user, integer({ min: 0, max: 1 }), (command, word, at) => {
      const shorts = Object.values({ ...GLOBAL_OPTIONS, ...command.options }).map(({ short }) => `-${short}`)
      // These are options, whole words that stand in the help.
      if (shorts.includes(word) || /^--([A-Za-z]|$)/.test(word)) return
      const words = Array.from({ length: Math.max(command.positionals.min, 1) }, (_, index) => `v${index}`)
      const place = Math.min(at, words.length - 1)
      words[place] = word
      try {
        const { options, positionals } = parseArguments(command, words)
        expect(positionals).toEqual(words)
        expect(Object.keys(options)).toEqual([])
      } catch (error) {
        if (!isForgeError(error, 'USAGE')) throw error
        expect(/^-[A-Za-z]/.test(word), word).toBe(true)
        expect(error.hint).toContain('--')
        if (word.length > 5) expect(error.message + error.hint).not.toContain(word)
      }
      // With `--` in front it is always the value.
      expect(parseArguments(command, ['--json', '--', ...words]).positionals).toEqual(words)
    }),
    { numRuns: 3000 },
  )
})

const command = (name: string): (typeof commands)[number] => commands.find((one) => one.name === name)!

test('the value of an option may begin with -, and numbers need no mark', () => {
  expect(parseArguments(command('logs search'), ['a', '--from', '-1d', '-d', '-x'])).toEqual({
    options: { from: '-1d', data: '-x' },
    positionals: ['a'],
  })
  expect(parseArguments(command('settings set'), ['limit', '-5', '--json'])).toEqual({
    options: { json: true },
    positionals: ['limit', '-5'],
  })
  expect(parseArguments(command('logs search'), ['- a', '-"x y"']).positionals).toEqual(['- a', '-"x y"'])
  const table: readonly [string, string][] = [
    ['-debug severity:>=warn', 'NOT'],
    ['-INFO', 'NOT'],
    ['-n10', '-n N'],
  ]
  for (const [word, hint] of table)
    expect(() => parseArguments(command('logs search'), [word]), word).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining(hint) }),
    )
})
