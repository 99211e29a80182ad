import type { OptionValues } from '../../program/options.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { spanOption } from '../../program/span-option.ts'

/** A time in the future, as milliseconds since 1970: ISO 8601, or a span from now such as 4h. @throws USAGE */
export function instantOption(options: OptionValues, name: string): number | undefined {
  const text = textOption(options, name)
  if (text === undefined) return undefined
  if (/^\d{4}-/.test(text)) {
    const time = Date.parse(text)
    if (Number.isNaN(time)) throw usageError(`"${text}" is no time`, 'Give it as 2026-12-31T00:00:00Z.')
    return time
  }
  return Date.now() + spanOption(options, name)!
}
