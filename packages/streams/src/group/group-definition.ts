import { ByteReader, ByteWriter } from '@forgeone/common'

/** `log`: as appended. `priority`: of 15 hand-outs 8, 4, 2 and 1 go to critical, high, normal and low. */
export type GroupOrder = 'log' | 'priority'

/** How deliveries of a group are retried; a subscription may say otherwise for what it takes. */
export interface DeliveryPolicy {
  /** A delivery that is not settled by then goes to somebody else. */
  readonly ackTimeoutMs: number
  /** After so many attempts an entry becomes a dead letter. */
  readonly maxDeliveries: number
  /** Wait before the second attempt; it doubles with each further one. */
  readonly backoffMs: number
}

/** What is stored of a group; written when it is created, paused and resumed. */
export interface GroupDefinition extends DeliveryPolicy {
  /** The commit that created it: no other group ever has the number. */
  readonly id: number
  readonly name: string
  readonly topics: readonly string[]
  readonly order: GroupOrder
  readonly paused: boolean
  readonly createdAt: number
}

const ROW_VERSION = 1
const FLAG_PRIORITY = 1
const FLAG_PAUSED = 2

export function encodeGroupDefinition(definition: GroupDefinition): Uint8Array {
  const { id, name, topics, order, paused, createdAt, ackTimeoutMs, maxDeliveries, backoffMs } = definition
  const out = new ByteWriter().u8(ROW_VERSION).u64(id).u48(createdAt)
  out.u8((order === 'priority' ? FLAG_PRIORITY : 0) | (paused ? FLAG_PAUSED : 0))
  out.varint(ackTimeoutMs).varint(maxDeliveries).varint(backoffMs).text(name).varint(topics.length)
  for (const topic of topics) out.text(topic)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeGroupDefinition(bytes: Uint8Array): GroupDefinition {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a group row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const id = from.u64()
  const createdAt = from.u48()
  const flags = from.u8()
  const policy = { ackTimeoutMs: from.varint(), maxDeliveries: from.varint(), backoffMs: from.varint() }
  const name = from.text()
  const topics = Array.from({ length: from.varint() }, () => from.text())
  from.end()
  return {
    ...policy,
    id,
    name,
    topics,
    order: (flags & FLAG_PRIORITY) === 0 ? 'log' : 'priority',
    paused: (flags & FLAG_PAUSED) !== 0,
    createdAt,
  }
}
