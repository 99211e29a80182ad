import { assert } from './assert.ts'
import { asBuffer } from './bytes.ts'

const INITIAL_BYTES = 256

/** Builds a binary record in one growing buffer. All integers are big-endian. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#bytes = Buffer.allocUnsafe(Math.max(initialBytes, 16))
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  u16(value: number): this {
    this.#reserve(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
    return this
  }

  u48(value: number): this {
    this.#reserve(6)
    this.#length = this.#bytes.writeUIntBE(value, this.#length, 6)
    return this
  }

  /** An unsigned integer that JavaScript holds exactly (below 2^53), in 8 bytes. */
  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'u64 takes a safe unsigned integer')
    this.#reserve(8)
    this.#bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#length)
    this.#length = this.#bytes.writeUInt32BE(value % 0x1_0000_0000, this.#length + 4)
    return this
  }

  /** LEB128, 7 bits a byte, low bits first; for safe unsigned integers. */
  varint(value: number): this {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  /** A signed integer as zigzag varint: small magnitudes take few bytes. */
  zigzag(value: number): this {
    return this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  /** A byte string behind its length as u32: `lp(x)` of the format pages. */
  prefixed(value: Uint8Array): this {
    return this.u32(value.length).bytes(value)
  }

  /** UTF-8 behind its length as varint. */
  text(value: string): this {
    const bytes = Buffer.byteLength(value)
    this.varint(bytes)
    this.#reserve(bytes)
    this.#length += this.#bytes.write(value, this.#length)
    return this
  }

  /** UTF-8 without a length. */
  utf8(value: string): this {
    // A UTF-16 unit takes at most 3 bytes: reserving that saves measuring first.
    this.#reserve(value.length * 3)
    this.#length += this.#bytes.write(value, this.#length)
    return this
  }

  /** Sets four bytes written before, for lengths known only at the end. */
  patchU32(offset: number, value: number): this {
    assert(offset + 4 <= this.#length, 'patch lies inside what was written')
    this.#bytes.writeUInt32BE(value, offset)
    return this
  }

  reset(): this {
    this.#length = 0
    return this
  }

  /** A copy that later writes do not touch. */
  finish(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length))
  }

  /** The bytes so far, valid only until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    asBuffer(this.#bytes).copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
