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

/** @throws USAGE with the nearest option when one is unknown */
export function parseArguments(command: ArgumentShape, words: readonly string[]): ParsedArguments {
  const specs: Readonly<Record<string, OptionSpec>> = { ...GLOBAL_OPTIONS, ...command.options }
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
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
  for (const token of tokens) if (token.kind === 'option') checkOption(token, specs, command)
  // Checked above: every option is known and has a value of its type.
  const options = values as OptionValues
  if (options['help'] !== true) checkPositionals(command, positionals)
  return { options, positionals }
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
    throw usageError(`unknown option ${token.rawName}`, hint)
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
