import { ForgeError } from '@forgeone/common'
import type { ConnectedForge } from '@forgeone/storage-manager'
import { parseDuration, type Retention, type TopicSettings } from '@forgeone/streams'
import type { OptionSpec, OptionValues } from '../../program/options.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'

export type StreamName = 'logs' | 'events'

export const STREAM_OPTION: Readonly<Record<string, OptionSpec>> = {
  stream: { type: 'string', short: 's', value: 'STREAM', description: 'logs or events' },
}

export const RETENTION_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'max-age': {
    type: 'string',
    value: 'AGE',
    description: 'remove entries older than this, such as 30d or 12h',
  },
  'max-bytes': {
    type: 'string',
    value: 'SIZE',
    description: 'keep the newest entries up to so many raw bytes, such as 500MB',
  },
  'max-count': { type: 'string', value: 'N', description: 'keep the newest N entries' },
}

export const SETTINGS_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ...RETENTION_OPTIONS,
  'compact-by': {
    type: 'string',
    value: 'POINTER',
    description: 'JSON pointer to the key of an entry, such as /payload/id or /metadata/key',
  },
}

const SIZE = /^(\d+(?:\.\d+)?)\s*(b|kb|kib|mb|mib|gb|gib|tb|tib)?$/i
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** @returns bytes @throws USAGE */
export function parseSize(text: string, option: string): number {
  const match = SIZE.exec(text.trim())
  if (match === null)
    throw usageError(`--${option} takes a size such as 500MB or 2GiB, not "${text}"`, 'Correct the size.')
  return Math.floor(Number(match[1]) * UNITS[(match[2] ?? 'b').toLowerCase()]!)
}

/** @returns undefined when no bound is given @throws USAGE */
export function retentionOf(options: OptionValues): Retention | undefined {
  const age = textOption(options, 'max-age')
  const size = textOption(options, 'max-bytes')
  const maxCount = numberOption(options, 'max-count', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const maxAgeMs = age === undefined ? undefined : parseDuration(age)
  if (age !== undefined && maxAgeMs === undefined)
    throw usageError(`--max-age takes an age such as 30d, 12h or 90m, not "${age}"`, 'Correct the age.')
  if (age === undefined && size === undefined && maxCount === undefined) return undefined
  return {
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(size === undefined ? {} : { maxBytes: parseSize(size, 'max-bytes') }),
    ...(maxCount === undefined ? {} : { maxCount }),
  }
}

export function settingsOf(options: OptionValues): TopicSettings {
  const retention = retentionOf(options)
  const compactBy = textOption(options, 'compact-by')
  const hold = options['hold'] === true ? true : options['release'] === true ? false : undefined
  return {
    ...(retention === undefined ? {} : { retention }),
    ...(compactBy === undefined ? {} : { compactBy }),
    ...(hold === undefined ? {} : { legalHold: hold }),
  }
}

/** @throws USAGE */
export function streamOption(options: OptionValues): StreamName | undefined {
  const text = textOption(options, 'stream')
  if (text === undefined || text === 'logs' || text === 'events') return text
  throw usageError(`"${text}" is not a stream`, 'Use --stream logs or --stream events.')
}

/** The stream that has a topic. @throws STREAM_TOPIC_UNKNOWN, USAGE when both have one */
export async function streamOfTopic(
  forge: ConnectedForge,
  name: string,
  options: OptionValues,
): Promise<StreamName> {
  const named = streamOption(options)
  const streams: readonly StreamName[] = named === undefined ? ['logs', 'events'] : [named]
  const having: StreamName[] = []
  for (const stream of streams)
    if ((await forge[stream].topics()).some((topic) => topic.name === name)) having.push(stream)
  if (having.length > 1)
    throw usageError(`logs and events both have a topic ${name}`, 'Say which with --stream logs or events.')
  if (having[0] === undefined) throw new ForgeError('STREAM_TOPIC_UNKNOWN', `there is no topic ${name}`)
  return having[0]
}
