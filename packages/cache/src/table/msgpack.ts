import { utf8Decode, utf8Encode } from '@forgeone/common'
import { viewOf } from './fixed-bytes.ts'

/** What bodies are made of: a subset of MessagePack, with arrays in the place of maps. */
export type PackValue = null | boolean | number | string | readonly PackValue[]

/** Deeper arrays are refused: a damaged body must not exhaust the stack. */
const DEPTH_MAX = 8
const U32 = 0x1_0000_0000

/** https://github.com/msgpack/msgpack/blob/master/spec.md; integers take the shortest form. */
export function packMessage(value: PackValue): Uint8Array {
  const writer = new Packer()
  writer.value(value)
  return writer.finish()
}

/** @returns undefined when the bytes are no such message, or more than one */
export function unpackMessage(bytes: Uint8Array): PackValue | undefined {
  try {
    const reader = new Unpacker(bytes)
    const value = reader.value(0)
    return reader.isAtEnd ? value : undefined
  } catch {
    // A read past the end, or a form that is never written.
    return undefined
  }
}

class Packer {
  #bytes = new Uint8Array(256)
  #view = viewOf(this.#bytes)
  #length = 0

  value(value: PackValue): void {
    if (value === null) this.#byte(0xc0)
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#text(value)
    else {
      this.#array(value.length)
      for (const item of value) this.value(item)
    }
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      const at = this.#head(0xcb, 8)
      this.#view.setFloat64(at, value)
    } else if (value < 0) this.#negative(value)
    else if (value < 0x80) this.#byte(value)
    else if (value < U32) this.#unsigned(0xcc, value)
    else {
      const at = this.#head(0xcf, 8)
      this.#view.setBigUint64(at, BigInt(value))
    }
  }

  #negative(value: number): void {
    if (value >= -32) this.#byte(value & 0xff)
    else {
      const at = this.#head(0xd3, 8)
      this.#view.setBigInt64(at, BigInt(value))
    }
  }

  #text(value: string): void {
    const bytes = utf8Encode(value)
    const { length } = bytes
    if (length < 32) this.#byte(0xa0 | length)
    else this.#unsigned(0xd9, length)
    this.#reserve(length)
    this.#bytes.set(bytes, this.#length)
    this.#length += length
  }

  #array(length: number): void {
    if (length < 16) this.#byte(0x90 | length)
    // Arrays have no form with a length of one byte.
    else this.#unsigned(0xdb, Math.max(length, 0x100), length)
  }

  /**
   * A form and a number behind it, in 1, 2 or 4 bytes for `form`, `form + 1` and `form + 2`.
   * The view is asked for after the room is made, which may replace it.
   */
  #unsigned(form: number, size: number, value: number = size): void {
    if (size < 0x100) {
      const at = this.#head(form, 1)
      this.#view.setUint8(at, value)
    } else if (size < 0x10000) {
      const at = this.#head(form + 1, 2)
      this.#view.setUint16(at, value)
    } else {
      const at = this.#head(form + 2, 4)
      this.#view.setUint32(at, value)
    }
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  /** Writes a form byte and makes room behind it. @returns where */
  #head(form: number, bytes: number): number {
    this.#byte(form)
    this.#reserve(bytes)
    this.#length += bytes
    return this.#length - bytes
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = viewOf(grown)
  }
}

class Unpacker {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  value(depth: number): PackValue {
    const form = this.#view.getUint8(this.#take(1))
    if (form < 0x80) return form
    if (form >= 0xe0) return form - 0x100
    if (form >= 0xa0 && form < 0xc0) return this.#text(form & 31)
    if (form >= 0x90 && form < 0xa0) return this.#array(form & 15, depth)
    switch (form) {
      case 0xc0:
        return null
      case 0xc2:
      case 0xc3:
        return form === 0xc3
      case 0xcb:
        return this.#view.getFloat64(this.#take(8))
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(form - 0xcc)
      case 0xcf:
        return Number(this.#view.getBigUint64(this.#take(8)))
      case 0xd3:
        return Number(this.#view.getBigInt64(this.#take(8)))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(form - 0xd9))
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(form - 0xdc + 1), depth)
      default:
        throw new RangeError(`form ${form} is never written`)
    }
  }

  /** @param power 0, 1 or 2 for 1, 2 or 4 bytes */
  #unsigned(power: number): number {
    if (power === 0) return this.#view.getUint8(this.#take(1))
    return power === 1 ? this.#view.getUint16(this.#take(2)) : this.#view.getUint32(this.#take(4))
  }

  #text(length: number): string {
    const at = this.#take(length)
    return utf8Decode(this.#bytes.subarray(at, at + length))
  }

  #array(length: number, depth: number): readonly PackValue[] {
    // Every item takes a byte at least: a length beyond the rest is damage, found before anything is allocated.
    if (depth === DEPTH_MAX || length > this.#bytes.length - this.#offset)
      throw new RangeError('too deep or too long')
    const items: PackValue[] = []
    for (let index = 0; index < length; index++) items.push(this.value(depth + 1))
    return items
  }

  #take(length: number): number {
    const at = this.#offset
    if (length > this.#bytes.length - at) throw new RangeError('fewer bytes than announced')
    this.#offset = at + length
    return at
  }
}
