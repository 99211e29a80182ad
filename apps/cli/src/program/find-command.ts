import { nearestName, type ForgeError } from '@forgeone/common'
import type { Command } from './command.ts'
import { GLOBAL_OPTIONS } from './global-options.ts'
import { usageError } from './parse-arguments.ts'

/** The longest command that the words begin with; options for every command may stand in front. @throws USAGE */
export function findCommand(
  commands: readonly Command[],
  typed: readonly string[],
): { command: Command; rest: readonly string[] } {
  const { leading, words } = splitLeadingOptions(typed)
  const [first = '', second = '', third = ''] = words
  const three = commands.find((command) => command.name === `${first} ${second} ${third}`)
  if (three !== undefined) return { command: three, rest: [...leading, ...words.slice(3)] }
  const two = commands.find((command) => command.name === `${first} ${second}`)
  if (two !== undefined) return { command: two, rest: [...leading, ...words.slice(2)] }
  const one = commands.find((command) => command.name === first)
  if (one !== undefined) return { command: one, rest: [...leading, ...words.slice(1)] }
  if (first === '') throw withoutCommand(leading)
  const group = commands.filter((command) => command.name.startsWith(`${first} `))
  const inner = group.filter((command) => command.name.startsWith(`${first} ${second} `))
  if (second !== '' && inner.length > 0) {
    const names = inner.map((command) => command.name.slice(first.length + second.length + 2))
    const nearest = nearestName(third, names)
    throw usageError(
      third === ''
        ? `forge ${first} ${second} needs a verb: ${names.join(', ')}`
        : `unknown command forge ${first} ${second} ${third}`,
      nearest === undefined
        ? `Try: ${inner.map(({ name }) => `forge ${name}`).join(', ')}.`
        : `Did you mean forge ${first} ${second} ${nearest}?`,
    )
  }
  if (group.length > 0) {
    const verbs = group.map((command) => command.name.slice(first.length + 1))
    const nearest = nearestName(second, verbs)
    throw usageError(
      second === ''
        ? `forge ${first} needs a verb: ${verbs.join(', ')}`
        : `unknown command forge ${first} ${second}`,
      nearest === undefined
        ? `Try: ${verbs.map((verb) => `forge ${first} ${verb}`).join(', ')}.`
        : `Did you mean forge ${first} ${nearest}?`,
    )
  }
  const nearest = nearestName(first, new Set(commands.map((command) => command.name.split(' ')[0]!)))
  throw usageError(
    `unknown command ${first}`,
    nearest === undefined ? 'Run `forge --help` for all commands.' : `Did you mean forge ${nearest}?`,
  )
}

/** `--data ./data --json stats`: options, with their values, up to the first word that is none. */
function splitLeadingOptions(typed: readonly string[]): {
  leading: readonly string[]
  words: readonly string[]
} {
  let count = 0
  while (typed[count]?.startsWith('-')) count += takesNextWord(typed[count]!) ? 2 : 1
  return { leading: typed.slice(0, count), words: typed.slice(count) }
}

function takesNextWord(word: string): boolean {
  return Object.entries(GLOBAL_OPTIONS).some(
    ([name, { type, short }]) => type === 'string' && (word === `--${name}` || word === `-${short}`),
  )
}

function withoutCommand(leading: readonly string[]): ForgeError {
  const known = [...Object.keys(GLOBAL_OPTIONS), 'version']
  const foreign = leading.find((word) => word.startsWith('--') && !known.includes(word.slice(2)))
  if (foreign === undefined) return usageError('no command is given', 'Run `forge --help` for all commands.')
  const nearest = nearestName(foreign.slice(2), known)
  return usageError(
    `unknown option ${foreign}`,
    nearest === undefined ? 'Run `forge --help` for all options.' : `Did you mean --${nearest}?`,
  )
}
