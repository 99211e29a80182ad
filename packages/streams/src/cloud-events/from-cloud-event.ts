import { ForgeError, parseExactJson, type JsonObject, type JsonValue } from '@forgeone/common'
import type { EventInput } from '../entry/entry.ts'
import { parseEntryId } from '../entry/entry-id.ts'
import { parsePriority } from '../entry/priority.ts'
import {
  CORE_ATTRIBUTES,
  defaultContentType,
  FOREIGN_PREFIX,
  isFilledText,
  isOwnSource,
  isPriority,
  momentOf,
  OWN_PREFIX,
  timeText,
} from './attributes.ts'

/**
 * The event to append for a CloudEvent 1.0 in JSON, structured mode. The type is the topic unless `topic` names one;
 * what has no place of its own goes into `metadata.ce_*`, from where an export takes it back.
 * @throws STREAM_VALUE_INVALID
 */
export function fromCloudEvent(value: JsonValue, topic?: string): EventInput {
  if (!isJsonObject(value)) throw invalid('it is not an object')
  // An attribute that is null is one that is not there.
  const event = new Map(Object.entries(value).filter(([name, one]) => one !== null || name === 'data'))
  if (event.get('specversion') !== '1.0') throw invalid('its specversion is not "1.0"')
  const id = requiredText(event, 'id')
  const source = requiredText(event, 'source')
  const type = requiredText(event, 'type')
  const payload = payloadOf(event)
  const target = topic ?? optionalText(event, 'forgetopic') ?? type
  const timestamp = timestampOf(event)
  const priority = event.get('priority')
  return {
    topic: target,
    payload,
    timestamp,
    priority: isPriority(priority) ? parsePriority(`${priority as string}`) : undefined,
    // An id that a store gave out says where an entry lay there; here the event gets a new one.
    id: isOwnSource(source) && parseEntryId(id) !== undefined ? undefined : id,
    checkpointMarker: optionalText(event, 'forgemarker'),
    metadata: {
      ...ownMetadata(event),
      ...Object.fromEntries([
        ...(type === target ? [] : [[`${FOREIGN_PREFIX}type`, type] as const]),
        ...(isOwnSource(source) ? [] : [[`${FOREIGN_PREFIX}source`, source] as const]),
        ...coreMembers(event, { timestamp, contentType: defaultContentType(payload) }),
        ...extensionMembers(event),
      ]),
    },
  }
}

type Attributes = ReadonlyMap<string, JsonValue>

function payloadOf(event: Attributes): JsonValue | Uint8Array {
  const data = event.get('data')
  const text = event.get('data_base64')
  if (text === undefined) return data ?? null
  if (event.has('data')) throw invalid('it has both data and data_base64')
  if (typeof text !== 'string') throw invalid('its data_base64 is not a text')
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw invalid('its data_base64 is not base64')
  return new Uint8Array(bytes)
}

function timestampOf(event: Attributes): number | undefined {
  const own = optionalText(event, 'forgetime')
  if (own !== undefined) return Number(own)
  const time = optionalText(event, 'time')
  if (time === undefined) return undefined
  const moment = momentOf(time)
  if (moment === undefined) throw invalid('its time is not one of RFC 3339')
  return moment
}

function ownMetadata(event: Attributes): JsonObject {
  const text = optionalText(event, 'forgemetadata')
  if (text === undefined) return {}
  const value = parseExactJson(text, {
    code: 'STREAM_VALUE_INVALID',
    what: 'as a CloudEvent its forgemetadata',
  })
  if (!isJsonObject(value)) throw invalid('its forgemetadata is not a JSON object')
  return value
}

/** Attributes of the specification that say more than an entry has a field for. */
function coreMembers(
  event: Attributes,
  { timestamp, contentType }: { readonly timestamp: number | undefined; readonly contentType: string },
): [string, JsonValue][] {
  const members: [string, JsonValue][] = []
  const subject = optionalText(event, 'subject')
  if (subject !== undefined) members.push(['subject', subject])
  const time = optionalText(event, 'time')
  // Digits below a millisecond, and another zone.
  if (time !== undefined && timestamp !== undefined && time !== timeText(timestamp))
    members.push([`${FOREIGN_PREFIX}time`, time])
  const type = optionalText(event, 'datacontenttype')
  if (type !== undefined && type !== contentType) members.push([`${FOREIGN_PREFIX}datacontenttype`, type])
  const schema = optionalText(event, 'dataschema')
  if (schema !== undefined) members.push([`${FOREIGN_PREFIX}dataschema`, schema])
  return members
}

function extensionMembers(event: Attributes): [string, JsonValue][] {
  return [...event]
    .filter(([name]) => !CORE_ATTRIBUTES.has(name) && !name.startsWith(OWN_PREFIX))
    .filter(([name, value]) => name !== 'priority' || !isPriority(value))
    .map(([name, value]) => [`${FOREIGN_PREFIX}${name}`, value])
}

function requiredText(event: Attributes, name: string): string {
  const value = event.get(name)
  if (!isFilledText(value)) throw invalid(`it has no ${name}`)
  return value
}

function optionalText(event: Attributes, name: string): string | undefined {
  const value = event.get(name)
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`its ${name} is not a text`)
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(reason: string): ForgeError {
  return new ForgeError('STREAM_VALUE_INVALID', `as a CloudEvent ${reason}`)
}
