import { isBytes } from '@forgeone/common'
import type { JsonObject, JsonValue } from '@forgeone/common'
import type { EventMessage } from '../entry/entry.ts'
import { formatPosition, type Position } from '../entry/position.ts'
import {
  ATTRIBUTE_NAME,
  CORE_ATTRIBUTES,
  defaultContentType,
  FOREIGN_PREFIX,
  isFilledText,
  isOwnSource,
  isPriority,
  momentOf,
  OWN_PREFIX,
  sourceOf,
  timeText,
} from './attributes.ts'

export interface CloudEventOrigin {
  readonly storeId: Uint8Array
  readonly position: Position
}

/** Largest integer of an attribute, CloudEvents 1.0 section 3.1. */
const INTEGER_MAX = 2 ** 31

/** An event as CloudEvents 1.0 in JSON, structured mode; nothing of it is lost. */
export function toCloudEvent(event: EventMessage, { storeId, position }: CloudEventOrigin): JsonObject {
  const { id, topic, timestamp, priority, payload, checkpointMarker } = event
  const { attributes, rest } = foreignAttributes(event)
  const time = timeText(timestamp)
  return {
    specversion: '1.0',
    id,
    source: sourceOf(storeId, topic),
    type: topic,
    ...(time === undefined ? { forgetime: `${timestamp}` } : { time }),
    datacontenttype: defaultContentType(payload),
    priority,
    forgeposition: formatPosition(position),
    forgehash: event.contentHash,
    ...(checkpointMarker === undefined ? {} : { forgemarker: checkpointMarker }),
    ...(attributes.has('type') ? { forgetopic: topic } : {}),
    ...(rest.length === 0 ? {} : { forgemetadata: JSON.stringify(Object.fromEntries(rest)) }),
    ...Object.fromEntries(attributes),
    ...(isBytes(payload) ? { data_base64: Buffer.from(payload).toString('base64') } : { data: payload }),
  }
}

/** The members of the metadata that an attribute can carry, and those that none can. */
function foreignAttributes(event: EventMessage): {
  readonly attributes: ReadonlyMap<string, JsonValue>
  readonly rest: readonly (readonly [string, JsonValue])[]
} {
  const attributes = new Map<string, JsonValue>()
  const rest: [string, JsonValue][] = []
  for (const [member, value] of Object.entries(event.metadata)) {
    const name = attributeOf(member, value, event)
    if (name === undefined) rest.push([member, value])
    else attributes.set(name, value)
  }
  return { attributes, rest }
}

/** Only what an import puts back as the same member; undefined for all else. */
function attributeOf(member: string, value: JsonValue, event: EventMessage): string | undefined {
  if (member === 'subject') return isFilledText(value) ? 'subject' : undefined
  if (!member.startsWith(FOREIGN_PREFIX)) return undefined
  const name = member.slice(FOREIGN_PREFIX.length)
  const isCarried = CORE_ATTRIBUTES.has(name)
    ? isFilledText(value) && isCarriedCore(name, value, event)
    : isCarriedExtension(name, value, event)
  return isCarried ? name : undefined
}

function isCarriedCore(name: string, value: string, event: EventMessage): boolean {
  if (name === 'type') return value !== event.topic
  if (name === 'source') return !isOwnSource(value)
  if (name === 'time') return momentOf(value) === event.timestamp && value !== timeText(event.timestamp)
  if (name === 'datacontenttype') return value !== defaultContentType(event.payload)
  return name === 'dataschema'
}

function isCarriedExtension(name: string, value: JsonValue, { priority }: EventMessage): boolean {
  if (!ATTRIBUTE_NAME.test(name) || name.startsWith(OWN_PREFIX)) return false
  if (name === 'priority' && (priority !== 'normal' || isPriority(value))) return false
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= -INTEGER_MAX && value < INTEGER_MAX
  return typeof value === 'boolean' || typeof value === 'string'
}
