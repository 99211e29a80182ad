import { createHmac } from 'node:crypto'
import { ByteWriter, ForgeError, utf8Encode } from '@forgeone/common'
import type { Keyring } from '../keyring/keyring.ts'

/** Fewer bits give false matches by the row, more give the value away. */
export const BLIND_BITS_MIN = 4
export const BLIND_BITS_MAX = 32
/** A field with fewer different values than this is known by its frequencies alone. */
export const BLIND_VALUES_MIN = 16

/** How a value is made comparable; part of the definition of an index, so a change of it is a new version. */
export type Normalisation = 'exact' | 'nfc' | 'nfc-lower' | 'nfc-lower-trim'

export interface BlindIndexDefinition {
  /** Name of the field, such as `customers.email`. */
  readonly field: string
  readonly version: number
  readonly normalisation: Normalisation
  /** From {@link blindIndexBits}. */
  readonly bits: number
}

/** What an index tells of itself: false matches a lookup, and whether that is too few or too many. */
export interface BlindIndexAdvice {
  readonly bits: number
  readonly falseMatches: number
  readonly warning: 'BLIND_INDEX_NARROW' | 'BLIND_INDEX_WIDE' | undefined
}

/**
 * Bits for a number of rows: some four to eight rows then share an index value, which blurs what it reveals.
 * @param o.distinctValues of the field, when it is known that they are few
 * @throws FIELD_LOW_CARDINALITY for booleans and small enumerations: use a compound index
 */
export function blindIndexBits(o: { readonly rows: number; readonly distinctValues?: number }): number {
  if (o.distinctValues !== undefined && o.distinctValues < BLIND_VALUES_MIN) {
    throw new ForgeError(
      'FIELD_LOW_CARDINALITY',
      `a field of ${o.distinctValues} different values shows them by their frequency alone`,
    )
  }
  const bits = Math.floor(Math.log2(Math.max(1, o.rows))) - 2
  return Math.min(BLIND_BITS_MAX, Math.max(BLIND_BITS_MIN, bits))
}

/** Judges an index when the rows have become other than expected: 2 <= rows / 2^bits <= sqrt(rows) is fine. */
export function adviseBlindIndex(o: { readonly rows: number; readonly bits: number }): BlindIndexAdvice {
  const falseMatches = o.rows / 2 ** o.bits
  const tooMany = falseMatches > Math.sqrt(Math.max(1, o.rows))
  const warning = tooMany ? 'BLIND_INDEX_NARROW' : falseMatches < 2 ? 'BLIND_INDEX_WIDE' : undefined
  return { bits: o.bits, falseMatches, warning }
}

/** What a blind index is computed of. */
export type IndexedValue = string | number | bigint | Uint8Array

/**
 * The index value: HMAC-SHA256 under the key of this field over the type tag and `lp` of the normalised value, its
 * first bits, left-aligned in as many bytes as they take. Equal values give equal index values; filter after opening.
 * @throws CRYPTO_LOCKED, STORE_OPTION_INVALID for bits out of bounds
 */
export function blindIndex(
  keyring: Keyring,
  definition: BlindIndexDefinition,
  value: IndexedValue,
): Uint8Array {
  const { field, version, bits, normalisation } = definition
  if (!Number.isInteger(bits) || bits < BLIND_BITS_MIN || bits > BLIND_BITS_MAX) {
    throw new ForgeError(
      'STORE_OPTION_INVALID',
      `a blind index has ${BLIND_BITS_MIN} to ${BLIND_BITS_MAX} bits`,
    )
  }
  const name = new ByteWriter().prefixed(utf8Encode('field')).prefixed(utf8Encode(field)).u32(version)
  const key = keyring.keyedHash('blind', name.finish())
  const { tag, bytes } = canonical(value, normalisation)
  const message = new ByteWriter().u8(tag).prefixed(bytes).finish()
  const digest = new Uint8Array(createHmac('sha256', key).update(message).digest())
  key.fill(0)
  const index = digest.slice(0, Math.ceil(bits / 8))
  index[index.length - 1]! &= 0xff << ((8 - (bits % 8)) % 8)
  return index
}

function canonical(value: IndexedValue, normalisation: Normalisation): { tag: number; bytes: Uint8Array } {
  if (typeof value === 'string') return { tag: 1, bytes: utf8Encode(normalise(value, normalisation)) }
  if (typeof value === 'number') return { tag: 2, bytes: utf8Encode(String(value)) }
  if (typeof value === 'bigint') return { tag: 3, bytes: utf8Encode(value.toString()) }
  return { tag: 4, bytes: value }
}

function normalise(text: string, normalisation: Normalisation): string {
  if (normalisation === 'exact') return text
  const normal = text.normalize('NFC')
  if (normalisation === 'nfc') return normal
  const lower = normal.toLowerCase()
  return normalisation === 'nfc-lower' ? lower : lower.trim()
}
