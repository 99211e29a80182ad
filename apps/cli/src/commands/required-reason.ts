import { textOption, usageError } from '../program/parse-arguments.ts'
import type { OptionValues } from '../program/options.ts'

/** `--reason TEXT`. @throws USAGE */
export function requiredReason(options: OptionValues): string {
  const reason = textOption(options, 'reason')?.trim() ?? ''
  if (reason === '')
    throw usageError('no reason is given', 'Add --reason TEXT; it stands in the log for good.')
  return reason
}
