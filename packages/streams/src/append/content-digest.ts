import { createHash } from 'node:crypto'
import { ByteWriter, utf8Encode } from '@forgeone/common'
import type { EntryRow } from '../entry/validate.ts'

/** Timestamp of an entry that names none: a repeated call comes later and still has the same content. */
export const NO_TIMESTAMP: number = Number.NEGATIVE_INFINITY

/** SHA-256 over what a caller gave to append, to tell a repeated call from another one with the same key. */
export function contentDigest(rows: readonly EntryRow[], deliverAfterMs?: number): Uint8Array {
  const digest = createHash('sha256').update(`${deliverAfterMs ?? ''}\0`)
  const out = new ByteWriter(1024)
  for (const { topic, timestamp, level, textKind, text, metadata, id, marker } of rows) {
    out.reset()
    for (const value of [topic, `${timestamp}`, `${level}`, textKind, metadata, id ?? '', marker ?? ''])
      out.prefixed(utf8Encode(value))
    out.prefixed(typeof text === 'string' ? utf8Encode(text) : text)
    digest.update(out.view())
  }
  return new Uint8Array(digest.digest())
}
