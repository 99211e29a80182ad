import { ByteWriter, ForgeError } from '@forgeone/common'
import { HEADER_BYTES } from '../suite/suite.ts'

/** Longest associated data, header and lengths included. */
export const AAD_BYTES_MAX = 4096

const LENGTH_BYTES = 4
const INITIAL_KEY_BYTES = 256

/**
 * Associated data of sealed v1: header (6 B) | part count u8 | lp(part)…
 * Everything but header and last part is laid out once; both are set per call in the same memory, which is safe because
 * a seal is synchronous from here to the tag.
 */
export class AssociatedData {
  #bytes: Uint8Array
  readonly #prefixBytes: number

  /**
   * @param parts all parts but the last
   * @throws CRYPTO_VALUE_TOO_LARGE above {@link AAD_BYTES_MAX}
   */
  constructor(parts: readonly Uint8Array[]) {
    const writer = new ByteWriter().bytes(new Uint8Array(HEADER_BYTES)).u8(parts.length + 1)
    for (const part of parts) writer.prefixed(part)
    this.#prefixBytes = writer.length
    checkSize(writer.length + LENGTH_BYTES)
    this.#bytes = new Uint8Array(Math.min(AAD_BYTES_MAX, writer.length + LENGTH_BYTES + INITIAL_KEY_BYTES))
    this.#bytes.set(writer.view())
  }

  /**
   * The associated data for a last part, behind the header at the start of `headed`.
   * @returns a view that is valid until the next call
   * @throws CRYPTO_VALUE_TOO_LARGE above {@link AAD_BYTES_MAX}
   */
  with(headed: Uint8Array, last: Uint8Array): Uint8Array {
    const lengthAt = this.#prefixBytes
    const end = lengthAt + LENGTH_BYTES + last.length
    if (end > this.#bytes.length) this.#grow(end)
    const bytes = this.#bytes
    for (let index = 0; index < HEADER_BYTES; index++) bytes[index] = headed[index]!
    const length = last.length
    bytes[lengthAt] = length >>> 24
    bytes[lengthAt + 1] = length >>> 16
    bytes[lengthAt + 2] = length >>> 8
    bytes[lengthAt + 3] = length
    bytes.set(last, lengthAt + LENGTH_BYTES)
    return bytes.subarray(0, end)
  }

  #grow(bytes: number): void {
    checkSize(bytes)
    const grown = new Uint8Array(AAD_BYTES_MAX)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

function checkSize(bytes: number): void {
  if (bytes <= AAD_BYTES_MAX) return
  throw new ForgeError(
    'CRYPTO_VALUE_TOO_LARGE',
    `the place of a value takes more than ${AAD_BYTES_MAX} bytes`,
  )
}
