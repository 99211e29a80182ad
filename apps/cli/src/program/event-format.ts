import type { EventFormat } from '@forgeone/streams'
import type { OptionValues } from './options.ts'
import { textOption, usageError } from './parse-arguments.ts'

const FORMATS: readonly EventFormat[] = ['jsonl', 'cloudevents']

export const EVENT_FORMAT_OPTION = {
  format: {
    type: 'string',
    value: 'FORMAT',
    description: 'jsonl (the default) or cloudevents: CloudEvents 1.0 in JSON',
  },
} as const

/** @throws USAGE */
export function eventFormatOf(options: OptionValues): EventFormat {
  const text = textOption(options, 'format') ?? 'jsonl'
  const format = FORMATS.find((one) => one === text)
  if (format === undefined)
    throw usageError(`--format takes ${FORMATS.join(' or ')}, not "${text}"`, 'Correct the format.')
  return format
}
