import { ArgumentCheck, ForgeError, isDateObject } from '@forgeone/common'
import { APPEND_ENTRIES_MAX } from '../append/append-limits.ts'
import type { EventInput } from '../entry/entry.ts'
import type { Bound } from '../stream/stream-options.ts'
import { compileTopicPattern } from '../topic/topic-pattern.ts'
import { validateTopicName } from '../topic/topic-name.ts'
import { deadLetterTopic } from './dead-letter.ts'
import type { AckOptions, Delivery, NackOptions } from './delivery.ts'
import type { DeliveryPolicy, GroupOrder } from './group-definition.ts'
import {
  ACK_TIMEOUT_MS_DEFAULT,
  ACK_TIMEOUT_MS_MAX,
  BACKOFF_MS_DEFAULT,
  BACKOFF_MS_MAX,
  BATCH_DEFAULT,
  CONCURRENCY_MAX,
  DELIVERIES_DEFAULT,
  DELIVERIES_MAX,
  GROUP_TOPICS_MAX,
  IN_FLIGHT_DEFAULT,
  IN_FLIGHT_MAX,
} from './group-limits.ts'

const groupCheck = new ArgumentCheck('STREAM_VALUE_INVALID')
const GROUP_OPTIONS = ['topics', 'from', 'order', 'ackTimeoutMs', 'maxDeliveries', 'backoffMs'] as const
const SUBSCRIBE_OPTIONS = [
  ...GROUP_OPTIONS,
  'group',
  'maxInFlight',
  'batch',
  'concurrency',
  'handlerBatch',
] as const

/** A place in the log: after a position or checkpoint, or at the first entry of a time or later. */
export type GroupStart = 'start' | 'end' | Bound | { readonly checkpoint: string }

export interface GroupOptions {
  /** A topic, a pattern, or several; they are fixed for the life of the group. */
  readonly topics: string | readonly string[]
  /** Where the group begins; `start` when absent. */
  readonly from?: GroupStart | undefined
  /** `log` when absent. */
  readonly order?: GroupOrder | undefined
  /** 30,000 when absent. */
  readonly ackTimeoutMs?: number | undefined
  /** 5 when absent. */
  readonly maxDeliveries?: number | undefined
  /** 1,000 when absent. */
  readonly backoffMs?: number | undefined
}

export type DeliveryHandler = (delivery: Delivery) => unknown
export type BatchHandler = (deliveries: readonly Delivery[]) => unknown

export interface SubscribeOptions extends Omit<GroupOptions, 'topics'> {
  readonly group: string
  /** Needed to create a group that does not exist; else they must be those it has. */
  readonly topics?: string | readonly string[] | undefined
  /** Deliveries out at once; 1,024 when absent. */
  readonly maxInFlight?: number | undefined
  /** Most deliveries that `handlerBatch` gets at once; 100 when absent. */
  readonly batch?: number | undefined
  /** Handlers that run side by side; 1 when absent. */
  readonly concurrency?: number | undefined
  /** Called with several deliveries; those it leaves open are acked when it returns and given back when it throws. */
  readonly handlerBatch?: BatchHandler | undefined
}

export interface CheckedGroupOptions extends DeliveryPolicy {
  readonly topics: readonly string[]
  readonly from: GroupStart
  readonly order: GroupOrder
}

/** What a subscription says about itself, and what about its group. */
export interface CheckedSubscribeOptions {
  readonly maxInFlight: number
  readonly batch: number
  readonly concurrency: number
}

/** @throws STREAM_TOPIC_INVALID */
export function checkGroupName(name: string): void {
  if (typeof name !== 'string' || name === '' || name.startsWith('$'))
    throw new ForgeError('STREAM_TOPIC_INVALID', 'the name of a group is a text that does not begin with $')
  // The group's dead letters are a topic of its name.
  validateTopicName(deadLetterTopic(name), { system: true })
}

/** @throws STREAM_PATTERN_INVALID, STREAM_VALUE_INVALID, STREAM_LIMIT */
export function checkGroupOptions(given: GroupOptions): CheckedGroupOptions {
  // Each member is looked at below, but where it begins, which is where it does.
  const options = groupCheck.options(given, GROUP_OPTIONS) as GroupOptions
  const { from = 'start', order = 'log' } = options
  if (order !== 'log' && order !== 'priority')
    throw new ForgeError('STREAM_VALUE_INVALID', 'order is either log or priority', {
      details: { field: 'order' },
    })
  return { topics: checkedTopics(options.topics), from, order, ...checkedPolicy(options) }
}

export function checkedTopics(topics: string | readonly string[]): readonly string[] {
  const list = typeof topics === 'string' ? [topics] : asList<string>(topics)
  if (list === undefined || list.length === 0)
    throw new ForgeError('STREAM_PATTERN_INVALID', 'a group needs at least one topic')
  if (list.length > GROUP_TOPICS_MAX) {
    throw new ForgeError('STREAM_LIMIT', `a group takes at most ${GROUP_TOPICS_MAX} topics`, {
      details: { field: 'topics', limit: GROUP_TOPICS_MAX },
    })
  }
  for (const pattern of list) compileTopicPattern(pattern)
  return [...new Set(list)].sort()
}

function asList<Item>(given: Item | readonly Item[]): readonly Item[] | undefined {
  try {
    // `Array.isArray` does not narrow readonly arrays.
    return Array.isArray(given) ? (given as readonly Item[]) : undefined
  } catch {
    // A proxy that was revoked.
    return undefined
  }
}

/** The name of a group or checkpoint that may not be there. @throws STREAM_VALUE_INVALID */
export function checkedGroupText(name: string, what: string): string {
  return groupCheck.text(name, what)
}

/** @throws STREAM_VALUE_INVALID */
export function checkedRedrive(given: { readonly limit?: number | undefined }): number {
  const { limit } = groupCheck.options(given, ['limit'])
  return limit === undefined || limit === Number.POSITIVE_INFINITY
    ? Number.POSITIVE_INFINITY
    : groupCheck.wholeNumber(limit, 'limit', { min: 0 })
}

/** @throws STREAM_VALUE_INVALID */
export function checkedSubscription(given: SubscribeOptions): SubscribeOptions {
  const options = groupCheck.options(given, SUBSCRIBE_OPTIONS)
  if (options.handlerBatch !== undefined)
    groupCheck.callback(options.handlerBatch as BatchHandler, 'handlerBatch')
  // The others are checked one by one by those who use them.
  return options as SubscribeOptions & typeof options
}

/** @throws STREAM_VALUE_INVALID */
export function checkedHandler(handler: DeliveryHandler | undefined): void {
  if (handler !== undefined) groupCheck.callback(handler, 'the handler')
}

/** @throws STREAM_VALUE_INVALID */
export function checkedStart(from: GroupStart): GroupStart {
  if (typeof from === 'string' || typeof from === 'number') return from
  if (isDateObject(from)) return from
  const { position, checkpoint } = groupCheck.options(from, ['position', 'checkpoint'], 'from')
  if (checkpoint !== undefined) return { checkpoint: groupCheck.text(checkpoint, 'from.checkpoint') }
  if (typeof position === 'string') return { position }
  if (position === undefined) throw groupCheck.refusal('from', 'names no place')
  const parts = groupCheck.options(position, ['commitSequence', 'shard', 'sequence'], 'from.position')
  return {
    position: {
      commitSequence: groupCheck.wholeNumber(parts.commitSequence, 'from.position.commitSequence'),
      shard: groupCheck.wholeNumber(parts.shard, 'from.position.shard'),
      sequence: groupCheck.wholeNumber(parts.sequence, 'from.position.sequence'),
    },
  }
}

/** @throws STREAM_VALUE_INVALID */
export function checkedAck(given: AckOptions): AckOptions {
  const options = groupCheck.options(given, ['append', 'alongside'])
  if (options.alongside !== undefined) groupCheck.callback(options.alongside as () => void, 'alongside')
  // Events are checked like those of any append.
  return options as AckOptions
}

/** Events to append with an ack. @throws STREAM_VALUE_INVALID */
export function checkedEvents(append: EventInput | readonly EventInput[]): readonly EventInput[] {
  // A single event is no list; `asList` does not throw for a proxy.
  const list = asList(append)
  if (list === undefined) return [append as EventInput]
  return groupCheck.list(list, 'append', { max: APPEND_ENTRIES_MAX }) as readonly EventInput[]
}

/** @throws STREAM_VALUE_INVALID */
export function checkedNack(given: NackOptions): NackOptions {
  const options = groupCheck.options(given, ['delayMs', 'reason'])
  if (options.reason !== undefined) checkReason(options.reason)
  // The delay is checked where its range is known.
  return options as NackOptions
}

/** @throws STREAM_VALUE_INVALID */
export function checkedWait(given: { readonly wait?: boolean | undefined }): boolean {
  const { wait } = groupCheck.options(given, ['wait'])
  return wait === undefined || groupCheck.isTrue(wait, 'wait')
}

/** Whatever went wrong is its reason, well-formed or not. @throws STREAM_VALUE_INVALID */
export function checkReason(reason: unknown): void {
  if (typeof reason !== 'string') throw groupCheck.refusal('the reason', 'is not a text')
}

/** @throws STREAM_VALUE_INVALID */
export function checkedPolicy(
  {
    ackTimeoutMs,
    maxDeliveries,
    backoffMs,
  }: Pick<GroupOptions, 'ackTimeoutMs' | 'maxDeliveries' | 'backoffMs'>,
  fallback: DeliveryPolicy = {
    ackTimeoutMs: ACK_TIMEOUT_MS_DEFAULT,
    maxDeliveries: DELIVERIES_DEFAULT,
    backoffMs: BACKOFF_MS_DEFAULT,
  },
): DeliveryPolicy {
  return {
    ackTimeoutMs: checkedMilliseconds(ackTimeoutMs ?? fallback.ackTimeoutMs, 'ackTimeoutMs', {
      min: 1,
      max: ACK_TIMEOUT_MS_MAX,
    }),
    maxDeliveries: checkedNumber(maxDeliveries ?? fallback.maxDeliveries, 'maxDeliveries', {
      min: 1,
      max: DELIVERIES_MAX,
    }),
    backoffMs: checkedMilliseconds(backoffMs ?? fallback.backoffMs, 'backoffMs', {
      min: 0,
      max: BACKOFF_MS_MAX,
    }),
  }
}

/** @throws STREAM_VALUE_INVALID */
export function checkSubscribeOptions(options: SubscribeOptions): CheckedSubscribeOptions {
  const { maxInFlight = IN_FLIGHT_DEFAULT, batch = BATCH_DEFAULT, concurrency = 1 } = options
  return {
    maxInFlight: checkedNumber(maxInFlight, 'maxInFlight', { min: 1, max: IN_FLIGHT_MAX }),
    batch: checkedNumber(batch, 'batch', { min: 1, max: IN_FLIGHT_MAX }),
    concurrency: checkedNumber(concurrency, 'concurrency', { min: 1, max: CONCURRENCY_MAX }),
  }
}

/** @throws STREAM_VALUE_INVALID */
export function checkedMilliseconds(
  value: number,
  field: string,
  range: { readonly min: number; readonly max: number },
): number {
  return checkedNumber(value, field, range, 'milliseconds')
}

/** @throws STREAM_VALUE_INVALID */
export function checkedNumber(
  value: number,
  field: string,
  { min, max }: { readonly min: number; readonly max: number },
  unit?: string,
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  const what = unit === undefined ? 'a whole number' : `a whole number of ${unit}`
  throw new ForgeError('STREAM_VALUE_INVALID', `${field} is ${what} from ${min} to ${max}`, {
    details: { field, min, max },
  })
}
