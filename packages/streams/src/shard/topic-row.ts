import { ByteReader, ByteWriter } from '@forgeone/common'
import { decodeTopicSettings, encodeTopicSettings, type TopicSettings } from './topic-settings.ts'

/** What is stored of a topic; written when it is created, changed or trimmed, never by an append to it. */
export interface TopicRow {
  /** Empty when the topic was removed: its number is never given out again. */
  readonly name: string
  readonly createdAt: number
  /** Made by hand: it is listed even without entries. */
  readonly isDeclared: boolean
  readonly settings: TopicSettings
  /** Entries that were removed: the topic's version is this and what is stored. */
  readonly removedCount: number
}

const ROW_VERSION = 1
const FLAG_DECLARED = 1

export function encodeTopicRow(row: TopicRow): Uint8Array {
  const out = new ByteWriter().u8(ROW_VERSION).u48(row.createdAt).text(row.name)
  out.u8(row.isDeclared ? FLAG_DECLARED : 0).varint(row.removedCount)
  return out.text(encodeTopicSettings(row.settings)).finish()
}

/** @throws STREAM_BLOCK_DAMAGED */
export function decodeTopicRow(bytes: Uint8Array): TopicRow {
  const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a topic row' })
  const version = from.u8()
  if (version !== ROW_VERSION) throw from.failure(`the unknown version ${version}`)
  const createdAt = from.u48()
  const name = from.text()
  const flags = from.u8()
  const removedCount = from.varint()
  const settings = decodeTopicSettings(from.text())
  from.end()
  const isDeclared = (flags & FLAG_DECLARED) !== 0
  return { name, createdAt, isDeclared, settings, removedCount }
}
