import { parseDuration } from '@forgeone/streams'
import type { OptionValues } from './options.ts'
import { textOption, usageError } from './parse-arguments.ts'

/** A time span such as 15m or 7d, in milliseconds. @throws USAGE */
export function spanOption(options: OptionValues, name: string): number | undefined {
  const text = textOption(options, name)
  if (text === undefined) return undefined
  const span = parseDuration(text)
  if (span !== undefined) return span
  throw usageError(`"${text}" is no time span`, `Give --${name} such as 30s, 15m, 12h or 7d.`)
}
