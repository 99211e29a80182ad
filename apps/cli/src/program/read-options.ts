import { LOG_FORMATS, type Bound, type ReadOptions } from '@forgeone/streams'
import type { OptionSpec, OptionValues } from './options.ts'
import { numberOption, textOption } from './parse-arguments.ts'

/** Options of every command that reads entries. */
export const RANGE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  topic: {
    type: 'string',
    short: 't',
    value: 'PATTERN',
    description: 'a topic, or a pattern such as app.* or app.>',
  },
  from: {
    type: 'string',
    value: 'TIME',
    description: 'ISO 8601, milliseconds, relative such as -1h, or a position p12.0.345',
  },
  to: { type: 'string', value: 'TIME', description: 'the end, exclusive for times' },
  limit: { type: 'string', short: 'n', value: 'N', description: 'at most so many entries' },
}

export const FORMAT_LIST: string = ['auto', ...LOG_FORMATS].join(', ')

/** Limits above this are the same as none. */
const LIMIT_MAX = 1_000_000_000

export function rangeOf(options: OptionValues, signal: AbortSignal): ReadOptions {
  return {
    topic: textOption(options, 'topic'),
    from: boundOf(textOption(options, 'from')),
    to: boundOf(textOption(options, 'to')),
    limit: numberOption(options, 'limit', { min: 1, max: LIMIT_MAX }),
    signal,
  }
}

function boundOf(text: string | undefined): Bound | undefined {
  if (text === undefined) return undefined
  if (/^p\d+\./.test(text)) return { position: text }
  return /^\d{5,}$/.test(text) ? Number(text) : text
}
