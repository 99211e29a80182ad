import type { OptionSpec, OptionValues } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'

export const VERSIONS_OPTION: Readonly<Record<string, OptionSpec>> = {
  versions: { type: 'string', value: 'N,…', description: 'version numbers; the current one by default' },
}

/** @throws USAGE */
export function versionsOption(options: OptionValues): readonly number[] | undefined {
  const text = textOption(options, 'versions')
  if (text === undefined) return undefined
  const versions = text.split(',').map(Number)
  if (versions.every((version) => Number.isInteger(version) && version > 0)) return versions
  throw usageError(`"${text}" is no list of versions`, 'Give numbers such as 2 or 1,3.')
}
