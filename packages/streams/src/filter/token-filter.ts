import { ByteReader, ByteWriter } from '@forgeone/common'
import { TokenSet, tokenHashes } from './token-set.ts'

/**
 * A Bloom filter (Bloom, 1970) of the tokens of a section:
 *
 *     'f1' | seed u32 | number of bits u32 | bits
 *
 * A token sets `PROBES` bits by double hashing (Kirsch and Mitzenmacher, 2006). The seed is taken from a keyed hash
 * of the store, so that texts cannot be made to fill a filter.
 */
const MAGIC = 0x6631
const PROBES = 6
const BITS_PER_TOKEN = 12
/** With fewer bits a filter lets nearly everything pass. */
const BITS_PER_TOKEN_MIN = 5
/** Beyond it reading the filter costs more than it saves. */
const FILTER_BYTES_MAX: number = 256 * 1024

export interface FilterTexts {
  readonly text: Uint8Array
  /** One more than there are texts. */
  readonly offsets: Uint32Array
}

/**
 * @param storedBytes of the section; a filter takes an eighth of it at most
 * @returns undefined when a filter of that size would say nothing
 */
export function encodeTokenFilter(
  texts: readonly FilterTexts[],
  { seed, storedBytes }: { readonly seed: number; readonly storedBytes: number },
): Uint8Array | undefined {
  const tokens = new TokenSet(seed)
  for (const { text, offsets } of texts) tokens.addTexts(text, offsets)
  const bytesMax = Math.min(FILTER_BYTES_MAX, Math.floor(storedBytes / 8))
  const bits = Math.min(Math.max(tokens.size, 1) * BITS_PER_TOKEN, bytesMax * 8)
  if (bits < tokens.size * BITS_PER_TOKEN_MIN || bits < 8) return undefined
  const field = new Uint8Array(Math.ceil(bits / 8))
  const size = field.length * 8
  tokens.forEach((first, second) => {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = (first + probe * second) % size
      field[bit >>> 3]! |= 1 << (bit & 7)
    }
  })
  return new ByteWriter(field.length + 16)
    .u16(MAGIC)
    .u32(seed >>> 0)
    .u32(size)
    .bytes(field)
    .finish()
}

/** A filter that was stored. */
export class TokenFilter {
  readonly #seed: number
  readonly #size: number
  readonly #field: Uint8Array

  /** @throws STREAM_BLOCK_DAMAGED */
  constructor(bytes: Uint8Array) {
    const from = new ByteReader(bytes, { code: 'STREAM_BLOCK_DAMAGED', what: 'a filter' })
    if (from.u16() !== MAGIC) throw from.failure('an unknown format')
    this.#seed = from.u32()
    this.#size = from.u32()
    this.#field = from.rest()
    if (this.#size === 0 || this.#field.length * 8 !== this.#size) throw from.failure('another length')
  }

  /** False when no text holds the token, which is lower case. */
  mayHold(token: string): boolean {
    const { first, second } = tokenHashes(token, this.#seed)
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = (first + probe * second) % this.#size
      if (((this.#field[bit >>> 3]! >>> (bit & 7)) & 1) === 0) return false
    }
    return true
  }
}
