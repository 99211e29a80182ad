import { ByteReader, ByteWriter, ForgeError, utf8Encode } from '@forgeone/common'
import type { Sealer } from '../sealing/sealer.ts'

/** Sizes that a padded field is raised to, so that its length tells little; 0 leaves it as it is. */
export const FIELD_PADDINGS = [0, 16, 64, 256, 1024] as const
export type FieldPadding = (typeof FIELD_PADDINGS)[number]

/** Where a field stands: a value moved to another row or field does not open. */
export interface FieldPlace {
  readonly rowKey: Uint8Array
  /** Such as `customer.email`. */
  readonly path: string
}

/**
 * Seals single fields of a row, beside others that stay readable. The envelope is a sealed value whose key is
 * `lp(row key) | lp(field path)`; its plaintext is `lp(value)` and zeros up to a multiple of the padding.
 */
export class FieldSealer {
  readonly #sealer: Sealer
  readonly #padding: FieldPadding

  constructor({ sealer, padding = 0 }: { readonly sealer: Sealer; readonly padding?: FieldPadding }) {
    this.#sealer = sealer
    this.#padding = padding
  }

  /** @throws CRYPTO_LOCKED, CRYPTO_KEY_EXHAUSTED, CRYPTO_VALUE_TOO_LARGE, IO_FAILED */
  seal(place: FieldPlace, value: Uint8Array): Uint8Array {
    const writer = new ByteWriter().prefixed(value)
    const missing =
      this.#padding === 0 ? 0 : (this.#padding - (writer.length % this.#padding)) % this.#padding
    writer.bytes(new Uint8Array(missing))
    return this.#sealer.seal(keyOf(place), writer.finish())
  }

  /** @throws CRYPTO_LOCKED, CRYPTO_FORMAT, CRYPTO_KEY_UNKNOWN, CRYPTO_KEY_DESTROYED, CRYPTO_OPEN_FAILED */
  open(place: FieldPlace, sealed: Uint8Array): Uint8Array {
    const plain = this.#sealer.open(keyOf(place), sealed)
    const reader = new ByteReader(plain, { code: 'CRYPTO_FORMAT', what: 'a sealed field' })
    const value = Uint8Array.from(reader.prefixed())
    if (plain.subarray(4 + value.length).some((byte) => byte !== 0)) {
      throw new ForgeError('CRYPTO_FORMAT', 'the padding of a sealed field is not zero')
    }
    return value
  }
}

function keyOf({ rowKey, path }: FieldPlace): Uint8Array {
  return new ByteWriter().prefixed(rowKey).prefixed(utf8Encode(path)).finish()
}
