import { hash } from 'node:crypto'
import { asBuffer, ByteWriter, utf8Encode } from '@forgeone/common'

export interface CanonicalParts {
  readonly kind: 'log' | 'event'
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly level: number
  readonly textKind: 'message' | 'json' | 'bytes'
  readonly text: Uint8Array
  /** RFC 8785 text. */
  readonly metadata: string
  readonly marker: string | undefined
}

const TEXT_KIND_CODES = { message: 0, json: 1, bytes: 2 } as const

/**
 * The one byte form of an entry, over which its content hash goes:
 * `'FE' | version u8 | kind u8`, then each behind its length as u32: id, topic, timestamp i64, level u8,
 * kind of text u8 and text, metadata, marker (empty when there is none).
 */
export function canonicalEntry(parts: CanonicalParts): Uint8Array {
  const timestamp = new Uint8Array(8)
  asBuffer(timestamp).writeBigInt64BE(BigInt(parts.timestamp))
  const text = new ByteWriter(parts.text.length + 1).u8(TEXT_KIND_CODES[parts.textKind]).bytes(parts.text)
  return new ByteWriter(parts.text.length + 256)
    .u16(0x4645)
    .u8(1)
    .u8(parts.kind === 'log' ? 0 : 1)
    .prefixed(utf8Encode(parts.id))
    .prefixed(utf8Encode(parts.topic))
    .prefixed(timestamp)
    .prefixed(Uint8Array.of(parts.level))
    .prefixed(text.view())
    .prefixed(utf8Encode(parts.metadata))
    .prefixed(utf8Encode(parts.marker ?? ''))
    .finish()
}

/** SHA-256 of the canonical entry, in hexadecimal. */
export function contentHash(parts: CanonicalParts): string {
  return hash('sha256', canonicalEntry(parts), 'hex')
}
