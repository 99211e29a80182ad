import { asBuffer } from '@forgeone/common'
import { VarintCursor } from './varints.ts'

/** LevelDB packs a sequence and a type into 64 bits; a sequence beyond makes it abort the process. */
const SEQUENCE_MAX = 2 ** 56 - 1
const HEADER_BYTES = 12
const DELETION = 0
const VALUE = 1

/** One row of a batch; `undefined` deletes. Bytes are borrowed from the log. */
export interface BatchRow {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/**
 * Reads a record of a LevelDB log: `sequence u64le | count u32le | rows`, a row `type u8 | lp(key)`, with `lp(value)` where
 * the type is 1 (LevelDB `write_batch.cc`).
 * @returns undefined for bytes that are no batch
 */
export function readWriteBatch(record: Uint8Array): readonly BatchRow[] | undefined {
  if (record.length < HEADER_BYTES) return undefined
  const header = asBuffer(record)
  const count = header.readUInt32LE(8)
  const sequence = Number(header.readBigUInt64LE(0))
  if (sequence + count > SEQUENCE_MAX) return undefined
  const cursor = new VarintCursor(record.subarray(HEADER_BYTES))
  const rows: BatchRow[] = []
  while (!cursor.done) {
    const type = cursor.bytes(1)[0]
    if (type !== DELETION && type !== VALUE) return undefined
    const key = cursor.prefixed()
    rows.push({ key, value: type === VALUE ? cursor.prefixed() : undefined })
  }
  return cursor.failed || rows.length !== count ? undefined : rows
}
