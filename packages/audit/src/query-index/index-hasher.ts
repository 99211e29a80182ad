import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { assert } from '@forgeone/common'
import { indexPrefix } from './index-row.ts'

/** Of the key that hides values. */
export const QUERY_INDEX_KEY_BYTES = 32
/** Of a hash in a row: two values share one so rarely that filtering the leaves afterwards costs nothing. */
const HASH_BYTES = 8
/** Values whose hashes are remembered: those of a bundle and of the next ones, about 1 MiB. */
const HASHES_KEPT = 4096

/** What a value is of; the numbers stand in rows and in what is hashed. */
export const DIMENSIONS = { who: 1, act: 2, resource: 3 } as const
export type Dimension = keyof typeof DIMENSIONS

/** Hides the values of the index: without the key nobody can tell, or guess, which actor a row is about. */
export class IndexHasher {
  readonly #key: KeyObject
  /** The value behind its dimension, to the beginning of its rows; what was asked for last comes last. */
  readonly #prefixes = new Map<string, Uint8Array>()

  /** @param key 32 bytes, borrowed */
  constructor(key: Uint8Array) {
    assert(key.length === QUERY_INDEX_KEY_BYTES, 'the key of the query index has 32 bytes')
    this.#key = createSecretKey(key)
  }

  /** Shows later that an index was written with the same key. */
  get check(): Uint8Array {
    return this.#hash('\0')
  }

  /** What the rows of this value begin with; shared, not to be changed. */
  prefix(dimension: Dimension, value: string): Uint8Array {
    const message = String.fromCharCode(DIMENSIONS[dimension]) + value
    let prefix = this.#prefixes.get(message)
    if (prefix === undefined) {
      prefix = indexPrefix({ dimension: DIMENSIONS[dimension], hash: this.#hash(message) })
      if (this.#prefixes.size >= HASHES_KEPT) this.#prefixes.delete(this.#prefixes.keys().next().value!)
    } else this.#prefixes.delete(message)
    this.#prefixes.set(message, prefix)
    return prefix
  }

  #hash(message: string): Uint8Array {
    return new Uint8Array(createHmac('sha256', this.#key).update(message).digest().subarray(0, HASH_BYTES))
  }
}
