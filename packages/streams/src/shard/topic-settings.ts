import { ArgumentCheck, canonicalJson, ForgeError } from '@forgeone/common'

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

const check = new ArgumentCheck('STREAM_VALUE_INVALID')
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/
const POINTER_CHARACTERS_MAX = 255

/** @throws STREAM_VALUE_INVALID */
export function checkTopicSettings(settings: TopicSettings): TopicSettings {
  const given = check.options(settings, ['retention', 'compactBy', 'legalHold'], 'the settings')
  const retention = given.retention === undefined ? undefined : checkedRetention(given.retention)
  const compactBy = given.compactBy === undefined ? undefined : check.text(given.compactBy, 'compactBy')
  const legalHold = given.legalHold === undefined ? undefined : check.isTrue(given.legalHold, 'legalHold')
  if (compactBy !== undefined && (!POINTER.test(compactBy) || compactBy.length > POINTER_CHARACTERS_MAX))
    throw invalid('compactBy', 'compactBy is not a JSON pointer such as /customer/id')
  return {
    ...(retention === undefined || Object.keys(retention).length === 0 ? {} : { retention }),
    ...(compactBy === undefined ? {} : { compactBy }),
    ...(legalHold === true ? { legalHold } : {}),
  }
}

/** @throws STREAM_VALUE_INVALID */
export function checkedRetention(given: unknown): Retention {
  const bounds = check.options(given, ['maxAgeMs', 'maxBytes', 'maxCount'], 'retention')
  for (const [name, bound] of Object.entries(bounds))
    if (bound !== undefined) checkBound(`retention.${name}`, bound)
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined))
}

function checkBound(name: string, bound: unknown): void {
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
