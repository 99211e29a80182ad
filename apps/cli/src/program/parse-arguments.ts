import { parseArgs } from 'node:util'
import { ForgeError, nearestName } from '@forgeone/common'
import type { ArgumentShape, OptionSpec, OptionValues } from './options.ts'
import { GLOBAL_OPTIONS } from './global-options.ts'

export interface ParsedArguments {
  readonly options: OptionValues
  readonly positionals: readonly string[]
}

export function usageError(message: string, hint?: string): ForgeError {
  return new ForgeError('USAGE', message, hint === undefined ? {} : { hint })
}

/**
 * Options and positionals. Words of a user that begin with `-` are never read as options in part: what cannot be an
 * option is a positional, and what could be one is refused with what to write.
 * @throws USAGE with the nearest option when one is unknown
 */
export function parseArguments(command: ArgumentShape, words: readonly string[]): ParsedArguments {
  const specs: Readonly<Record<string, OptionSpec>> = { ...GLOBAL_OPTIONS, ...command.options }
  const { values, tokens } = parseArgs({
    args: withoutData(words, specs),
    options: Object.fromEntries(
      Object.entries(specs).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (!token.rawName.startsWith('--') && words[token.index] !== token.rawName)
      throw joinedWord(token.rawName, specs, command)
    checkOption(token, specs, command)
  }
  const positionals = tokens.flatMap(({ kind, index }) => (kind === 'positional' ? [words[index]!] : []))
  // Checked above: every option is known and has a value of its type.
  const options = values as OptionValues
  if (options['help'] !== true) checkPositionals(command, positionals)
  return { options, positionals }
}

/**
 * The words, with a stand-in for each that cannot be an option since no letter follows its dashes: `-5`, `- a`, `-"x y"`.
 */
function withoutData(words: readonly string[], specs: Readonly<Record<string, OptionSpec>>): string[] {
  const args: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    if (word === '--') return [...args, ...words.slice(index)]
    args.push(/^--?[^A-Za-z-]/.test(word) || word.startsWith('---') ? 'data' : word)
    // What stands behind an option is its value, whatever it begins with.
    if (takesNext(word, specs) && index + 1 < words.length) args.push(words[++index]!)
  }
  return args
}

function takesNext(word: string, specs: Readonly<Record<string, OptionSpec>>): boolean {
  return Object.entries(specs).some(
    ([name, { type, short }]) => type === 'string' && (word === `--${name}` || word === `-${short}`),
  )
}

/** Not repeated but for its first letter: it may be a secret in the wrong place. */
function joinedWord(
  rawName: string,
  specs: Readonly<Record<string, OptionSpec>>,
  command: ArgumentShape,
): ForgeError {
  const spec = Object.values(specs).find(({ short }) => `-${short}` === rawName)
  const asOption =
    spec === undefined
      ? ''
      : `Write the option ${rawName} as a word of its own${spec.type === 'string' ? `: ${rawName} ${spec.value ?? 'VALUE'}` : ''}. `
  return usageError(
    `a word that begins with ${rawName} is neither an option nor marked as a value`,
    `${asOption}${howToMark(command)}`,
  )
}

/** How a value that begins with `-` is given. */
function howToMark({ name, usage }: ArgumentShape): string {
  const example = `forge ${name} -- '-…'`
  return /QUERY/.test(usage)
    ? `If it is the query, write NOT for the - or put -- before it: ${example}.`
    : `If it is a value, put -- before it, behind all options: ${example}.`
}

function checkOption(
  token: { readonly name: string; readonly rawName: string; readonly value: string | undefined },
  specs: Readonly<Record<string, OptionSpec>>,
  command: ArgumentShape,
): void {
  const spec = specs[token.name]
  if (spec === undefined) {
    const nearest = nearestName(token.name, Object.keys(specs))
    const hint =
      nearest === undefined
        ? `Run \`forge ${command.name} --help\` for its options.`
        : `Did you mean --${nearest}?`
    const mark = command.positionals.max > 0 ? ` ${howToMark(command)}` : ''
    throw usageError(`unknown option ${token.rawName}`, `${hint}${mark}`)
  }
  if (spec.type === 'string' && (token.value === undefined || token.value === '')) {
    throw usageError(
      `the option ${token.rawName} needs a value`,
      `Give it as ${token.rawName} ${spec.value ?? 'VALUE'}.`,
    )
  }
  if (spec.type === 'boolean' && token.value !== undefined)
    throw usageError(`the option ${token.rawName} takes no value`)
}

function checkPositionals(command: ArgumentShape, positionals: readonly string[]): void {
  const { min, max } = command.positionals
  const usage = `Usage: forge ${command.name} ${command.usage}`.trim()
  if (positionals.length < min) throw usageError(`forge ${command.name} needs more arguments`, usage)
  // Not repeated: it may be a secret that was given in the wrong place.
  if (positionals.length > max)
    throw usageError(`forge ${command.name} takes fewer arguments: ${positionals.length} are given`, usage)
}

/** A whole number from an option. @throws USAGE */
export function numberOption(
  options: OptionValues,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = options[name]
  if (typeof text !== 'string') return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw usageError(
    `--${name} takes a whole number from ${min} to ${max}, not "${text}"`,
    'Correct the number.',
  )
}

export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}
