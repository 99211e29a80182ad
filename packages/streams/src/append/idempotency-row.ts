import { ByteReader, ByteWriter } from '@forgeone/common'
import type { EntryRow } from '../entry/validate.ts'
import type { LandedAppend } from './append-request.ts'
import { LazyReceipt, type Receipt, type ReceiptPart } from './receipt.ts'

const ROW_VERSION = 1
const DIGEST_BYTES = 32
const ROOT_BYTES = 32

/** What is remembered of an append with an idempotency key. */
export interface IdempotencyRow {
  readonly digest: Uint8Array
  readonly expiresAt: number
  readonly sequence: number
  readonly time: number
  readonly root: Uint8Array
  readonly parts: readonly ReceiptPart[]
  /** Of the topics, in the order in which the entries name them. */
  readonly versions: readonly number[]
}

export function encodeIdempotencyRow(
  { place, root, parts, versions }: LandedAppend,
  { digest, expiresAt }: { readonly digest: Uint8Array; readonly expiresAt: number },
): Uint8Array {
  const out = new ByteWriter(128 + parts.length * 16).u8(ROW_VERSION).bytes(digest).u48(expiresAt)
  out.u64(place.sequence).u48(place.time).bytes(root).varint(parts.length)
  for (const { shard, topicId, sequence, count } of parts)
    out.u8(shard).varint(topicId).varint(sequence).varint(count)
  out.varint(versions.size)
  for (const version of versions.values()) out.varint(version)
  return out.finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeIdempotencyRow(bytes: Uint8Array): IdempotencyRow {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'an idempotency row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const digest = new Uint8Array(from.bytes(DIGEST_BYTES))
  const expiresAt = from.u48()
  const sequence = from.u64()
  const time = from.u48()
  const root = new Uint8Array(from.bytes(ROOT_BYTES))
  const parts: ReceiptPart[] = []
  for (let left = from.varint(); left > 0; left--) {
    const shard = from.u8()
    const topicId = from.varint()
    const firstSequence = from.varint()
    parts.push({ shard, topicId, sequence: firstSequence, count: from.varint() })
  }
  const versions: number[] = []
  for (let left = from.varint(); left > 0; left--) versions.push(from.varint())
  from.end()
  return { digest, expiresAt, sequence, time, root, parts, versions }
}

/** The receipt of the first append. The content is the same, so names and ids are those of the entries at hand. */
export function receiptOfRow(row: IdempotencyRow, rows: readonly EntryRow[]): Receipt {
  const { sequence, time, root, parts } = row
  const topics = [...new Set(rows.map(({ topic }) => topic))]
  const versions = new Map(topics.map((topic, index) => [topic, row.versions[index]!]))
  return new LazyReceipt({ sequence, time, root, parts, versions, rows, duplicate: true })
}
