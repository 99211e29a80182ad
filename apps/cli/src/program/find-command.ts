import { nearestName, type ForgeError } from '@forgeone/common'
import { GLOBAL_OPTIONS } from './global-options.ts'
import type { LoadCommand, Noun } from './noun.ts'
import { usageError } from './parse-arguments.ts'

export interface FoundCommand {
  readonly load: LoadCommand
  /** The words that are not its name. */
  readonly rest: readonly string[]
}

/** The longest command that the words begin with; options for every command may stand in front. @throws USAGE */
export function findCommand(nouns: readonly Noun[], typed: readonly string[]): FoundCommand {
  const { leading, words } = splitLeadingOptions(typed)
  const [first = '', second = '', third = ''] = words
  const noun = nouns.find(({ name }) => name === first)
  if (noun === undefined) throw first === '' ? withoutCommand(leading) : unknownNoun(first, nouns)
  for (const behind of [[second, third], [second], []]) {
    const load = Object.hasOwn(noun.verbs, behind.join(' ')) ? noun.verbs[behind.join(' ')] : undefined
    if (load !== undefined) return { load, rest: [...leading, ...words.slice(1 + behind.length)] }
  }
  const verbs = Object.keys(noun.verbs)
  const inner = verbs.flatMap((verb) =>
    verb.startsWith(`${second} `) ? [verb.slice(second.length + 1)] : [],
  )
  throw second !== '' && inner.length > 0
    ? unknownVerb(`${first} ${second}`, third, inner)
    : unknownVerb(first, second, verbs)
}

function unknownNoun(typed: string, nouns: readonly Noun[]): ForgeError {
  const nearest = nearestName(
    typed,
    nouns.map(({ name }) => name),
  )
  return usageError(
    `unknown command ${typed}`,
    nearest === undefined ? 'Run `forge --help` for all commands.' : `Did you mean forge ${nearest}?`,
  )
}

function unknownVerb(before: string, typed: string, verbs: readonly string[]): ForgeError {
  const nearest = nearestName(typed, verbs)
  return usageError(
    typed === ''
      ? `forge ${before} needs a verb: ${verbs.join(', ')}`
      : `unknown command forge ${before} ${typed}`,
    nearest === undefined
      ? `Try: ${verbs.map((verb) => `forge ${before} ${verb}`).join(', ')}.`
      : `Did you mean forge ${before} ${nearest}?`,
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
