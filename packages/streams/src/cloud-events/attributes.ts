import { toHex, type JsonValue, isBytes } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import { PRIORITIES } from '../entry/priority.ts'
import { parseIsoMoment } from '../time/time-expression.ts'

/** Metadata members that hold what another system wrote into an event: `ce_` and the name of the attribute. */
export const FOREIGN_PREFIX = 'ce_'
/** Extensions of ours: `forgeposition`, `forgehash`, `forgemarker`, `forgetime`, `forgetopic`, `forgemetadata`. */
export const OWN_PREFIX = 'forge'
/** CloudEvents 1.0, section 3.1: lower-case letters and digits. */
export const ATTRIBUTE_NAME: RegExp = /^[a-z0-9]+$/

/** Attributes of the specification, which are no extensions. */
export const CORE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
])

const OWN_SOURCE = /^forge:[0-9a-f]*\//

/** Where an event comes from: the store and the topic, as a URI reference. */
export function sourceOf(storeId: Uint8Array, topic: string): string {
  return `forge:${toHex(storeId)}/${encodeURIComponent(topic)}`
}

export function isOwnSource(source: string): boolean {
  return OWN_SOURCE.test(source)
}

/** What the data are when nothing says so. */
export function defaultContentType(payload: EventMessage['payload']): string {
  return isBytes(payload) ? 'application/octet-stream' : 'application/json'
}

/** The time of an event as RFC 3339; undefined when its years have other than four digits. */
export function timeText(timestamp: number): string | undefined {
  const text = new Date(timestamp).toISOString()
  return momentOf(text) === timestamp ? text : undefined
}

/** @returns undefined when a text is no time */
export function momentOf(text: string): number | undefined {
  return parseIsoMoment(text)?.ms
}

export function isPriority(value: JsonValue | undefined): boolean {
  return PRIORITIES.some((priority) => priority === value)
}

export function isFilledText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}
