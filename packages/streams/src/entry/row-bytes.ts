import { EMPTY_METADATA, type EntryRow } from './validate.ts'

/** Bytes that a row brings into a block: text, metadata, id and marker. */
export function rowBytes({ text, metadata, id, marker }: EntryRow): number {
  return bytesOf(text) + (metadata === EMPTY_METADATA ? 0 : bytesOf(metadata)) + bytesOf(id) + bytesOf(marker)
}

function bytesOf(value: string | Uint8Array | undefined): number {
  if (value === undefined || value === '') return 0
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length
}
