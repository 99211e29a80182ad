import { ForgeError, utf8Encode } from '@forgeone/common'
import { HEADER_BYTES } from '../suite/suite.ts'
import { AssociatedData } from './associated-data.ts'
import type { KeyTable } from './key-table.ts'
import type { NoncePool } from './nonce-pool.ts'
import { readKeyId, SEAL_BYTES_MAX, SEALED_VERSION, writeSealedHeader } from './sealed-header.ts'

/** Seals and opens the values of one keyspace. Synchronous: this is the hot path. */
export interface Sealer {
  /**
   * Seals a value for its place. Inputs are borrowed; the result has memory of its own.
   * @throws CRYPTO_LOCKED, CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_EXHAUSTED, CRYPTO_VALUE_TOO_LARGE, IO_FAILED
   */
  seal(key: Uint8Array, value: Uint8Array): Uint8Array
  /**
   * Opens what was sealed for the same place. Inputs are borrowed; the result has memory of its own.
   * @throws CRYPTO_LOCKED, CRYPTO_FORMAT, CRYPTO_KEY_UNKNOWN, CRYPTO_SUITE_REFUSED, CRYPTO_OPEN_FAILED
   */
  open(key: Uint8Array, sealed: Uint8Array): Uint8Array
}

/** Creates the sealer of a place; the associated data up to the row key is laid out once. */
export function createSealer(o: {
  readonly table: KeyTable
  readonly nonces: NoncePool
  readonly storeId: Uint8Array
  readonly scope: string
  readonly keyspace: Uint8Array
}): Sealer {
  return new ScopeSealer(o.table, o.nonces, o.scope, [o.storeId, utf8Encode(o.scope), o.keyspace])
}

class ScopeSealer implements Sealer {
  readonly #table: KeyTable
  readonly #nonces: NoncePool
  readonly #scope: string
  readonly #place: AssociatedData

  constructor(table: KeyTable, nonces: NoncePool, scope: string, parts: readonly Uint8Array[]) {
    this.#table = table
    this.#nonces = nonces
    this.#scope = scope
    this.#place = new AssociatedData(parts)
  }

  seal(key: Uint8Array, value: Uint8Array): Uint8Array {
    const { id, suite, cipher, budget } = this.#table.primary(this.#scope)
    if (value.length > SEAL_BYTES_MAX) {
      throw new ForgeError(
        'CRYPTO_VALUE_TOO_LARGE',
        `a value of ${value.length} bytes is above ${SEAL_BYTES_MAX}`,
      )
    }
    const { nonceBytes } = suite
    // Zeroed memory of its own rather than Buffer's pool: whoever gets it may transfer it or read its whole buffer.
    const out = new Uint8Array(HEADER_BYTES + nonceBytes + value.length + suite.tagBytes)
    writeSealedHeader(out, suite.id, id)
    const aad = this.#place.with(out, key)
    budget?.take()
    if (nonceBytes > 0) this.#nonces.draw(out, HEADER_BYTES, nonceBytes)
    cipher.seal({ aad, plain: value, out })
    return out
  }

  open(key: Uint8Array, sealed: Uint8Array): Uint8Array {
    this.#checkHeader(sealed)
    const found = this.#table.find(readKeyId(sealed))
    if (sealed[1] !== found.suite.id) {
      throw new ForgeError(
        'CRYPTO_SUITE_REFUSED',
        `a value of ${this.#scope} names suite ${sealed[1]}, its key another`,
      )
    }
    if (sealed.length < HEADER_BYTES + found.suite.nonceBytes + found.suite.tagBytes) {
      throw this.#malformed(`${sealed.length} bytes are too few`)
    }
    // Found by id in the whole keyring: a value moved here from another scope fails as not authentic, its key is not
    // missing.
    const plain = found.cipher.open({ aad: this.#place.with(sealed, key), sealed })
    if (plain !== undefined) return plain
    throw new ForgeError('CRYPTO_OPEN_FAILED', `a value of ${this.#scope} is not authentic at its place`, {
      details: { scope: this.#scope },
    })
  }

  #checkHeader(sealed: Uint8Array): void {
    this.#table.checkUnlocked()
    if (sealed.length < HEADER_BYTES) throw this.#malformed(`${sealed.length} bytes are too few`)
    if (sealed[0] !== SEALED_VERSION) throw this.#malformed(`version ${sealed[0]} is unknown`)
  }

  #malformed(reason: string): ForgeError {
    return new ForgeError('CRYPTO_FORMAT', `a sealed value of ${this.#scope} is malformed: ${reason}`, {
      details: { scope: this.#scope },
    })
  }
}
