import { ByteReader, ByteWriter } from '@forgeone/common'

/** What is stored of a topic; written when it is created and when its options change, never by an append. */
export interface TopicRow {
  readonly name: string
  readonly createdAt: number
}

const ROW_VERSION = 1

export function encodeTopicRow(row: TopicRow): Uint8Array {
  return new ByteWriter().u8(ROW_VERSION).u48(row.createdAt).text(row.name).finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeTopicRow(bytes: Uint8Array): TopicRow {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a topic row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const createdAt = from.u48()
  const name = from.text()
  from.end()
  return { name, createdAt }
}
