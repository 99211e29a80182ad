import { asBuffer } from './bytes.ts'
import type { ErrorCode } from './error-codes.ts'
import { ForgeError } from './forge-error.ts'

/** Reads a binary record written by `ByteWriter`; anything that does not fit raises the code given. */
export class ByteReader {
  readonly #bytes: Buffer
  readonly #code: ErrorCode
  readonly #what: string
  #offset = 0

  /** @param bytes borrowed: byte strings returned are views of it */
  constructor(bytes: Uint8Array, { code, what }: { code: ErrorCode; what: string }) {
    this.#bytes = asBuffer(bytes)
    this.#code = code
    this.#what = what
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  u48(): number {
    return this.#bytes.readUIntBE(this.#take(6), 6)
  }

  u64(): number {
    const at = this.#take(8)
    const high = this.#bytes.readUInt32BE(at)
    if (high >= 0x20_0000) throw this.failure('a number above 2^53')
    return high * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4)
  }

  varint(): number {
    let value = 0
    let unit = 1
    for (let count = 0; count < 8; count++) {
      const byte = this.u8()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break
        return value
      }
      unit *= 0x80
    }
    throw this.failure('a number that is too long')
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  prefixed(): Uint8Array {
    return this.bytes(this.u32())
  }

  text(): string {
    const length = this.varint()
    const at = this.#take(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** Everything up to the end. */
  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }

  /** Fails unless everything was read: surplus bytes are damage, not padding. */
  end(): void {
    if (this.remaining !== 0) throw this.failure(`${this.remaining} surplus bytes`)
  }

  /** An error of this reader's kind, for a caller that finds the content wrong. */
  failure(found: string): ForgeError {
    return new ForgeError(this.#code, `${this.#what} holds ${found} at byte ${this.#offset}`)
  }

  #take(length: number): number {
    const at = this.#offset
    if (length > this.#bytes.length - at) throw this.failure('fewer bytes than it announces')
    this.#offset = at + length
    return at
  }
}
