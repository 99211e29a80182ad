import { canonicalJson, ForgeError } from '@forgeone/common'

/** How long entries are kept; the first bound that is met decides. No bound keeps all. */
export interface Retention {
  /** Age by the entry's own timestamp, in milliseconds. */
  readonly maxAgeMs?: number | undefined
  /** Raw bytes of the topic's entries. */
  readonly maxBytes?: number | undefined
  readonly maxCount?: number | undefined
}

/** What can be set of a topic. */
export interface TopicSettings {
  readonly retention?: Retention | undefined
  /** JSON pointer (RFC 6901) into the payload: of entries with one value there, only the last is kept. */
  readonly compactBy?: string | undefined
  /** Nothing of the topic may be removed. */
  readonly legalHold?: boolean | undefined
}

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/
const POINTER_CHARACTERS_MAX = 255

/** @throws STREAM_VALUE_INVALID */
export function checkTopicSettings(settings: TopicSettings): TopicSettings {
  const { retention, compactBy, legalHold } = settings
  for (const [name, bound] of Object.entries(retention ?? {}))
    if (bound !== undefined) checkBound(`retention.${name}`, bound)
  if (compactBy !== undefined && (!POINTER.test(compactBy) || compactBy.length > POINTER_CHARACTERS_MAX))
    throw invalid('compactBy', 'compactBy is not a JSON pointer such as /customer/id')
  return {
    ...(retention === undefined || Object.keys(retention).length === 0
      ? {}
      : { retention: checkedRetention(retention) }),
    ...(compactBy === undefined ? {} : { compactBy }),
    ...(legalHold === true ? { legalHold } : {}),
  }
}

/** @throws STREAM_VALUE_INVALID */
export function checkedRetention({ maxAgeMs, maxBytes, maxCount }: Retention): Retention {
  const bounds = { maxAgeMs, maxBytes, maxCount }
  for (const [name, bound] of Object.entries(bounds))
    if (bound !== undefined) checkBound(`retention.${name}`, bound)
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined))
}

function checkBound(name: string, bound: unknown): void {
  const known = ['retention.maxAgeMs', 'retention.maxBytes', 'retention.maxCount']
  if (!known.includes(name)) throw invalid(name, `${name} is not a bound; use ${known.join(', ')}`)
  if (Number.isSafeInteger(bound) && (bound as number) >= 0) return
  throw invalid(name, `${name} must be a whole number of at least 0`)
}

function invalid(field: string, message: string): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', message, { details: { field } })
}

export function encodeTopicSettings(settings: TopicSettings): string {
  return canonicalJson({ ...settings }, { code: 'STREAM_VALUE_INVALID', what: 'the settings of a topic' })
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeTopicSettings(text: string): TopicSettings {
  try {
    // Written by us; a row that is authentic holds settings.
    return JSON.parse(text) as TopicSettings
  } catch (cause) {
    throw new ForgeError('STREAM_BLOCK_DAMAGED', 'the settings of a topic are no JSON', { cause })
  }
}
