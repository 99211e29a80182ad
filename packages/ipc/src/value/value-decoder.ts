import { ForgeError, isError } from '@forgeone/common'
import { CONTAINERS_MAX, VALUE_DEPTH_MAX } from '../limits.ts'
import { ERROR_PARTS, errorOf, type ErrorParts } from './error-parts.ts'
import type { ReferencesTaken } from './reference.ts'
import { ERROR_KIND, MESSAGE_HEAD_BYTES, SHAPES_MAX, TAG, TEXT_ASCII, TEXT_UTF16 } from './tag.ts'

/** Text is taken out in pieces of this size and cut there: a text that is kept keeps no more than its piece in memory. */
const PIECE_UNITS = 4096
/** What calls and answers put around their values. */
const ENVELOPE_LEVELS = 8
const BIGINT = /^-?[0-9a-f]{1,4096}$/

/**
 * Reads the values of one message. Whatever the bytes are, what comes out is plain data of this process, an error, or what
 * `references` makes.
 */
export class ValueDecoder {
  readonly #bytes: Buffer
  #references: ReferencesTaken | undefined
  readonly #end: number
  readonly #isAscii: boolean
  readonly #shapes: (readonly string[])[] = []
  #at = MESSAGE_HEAD_BYTES
  /** Next unit of text that was not given out, from the begin of the text. */
  #textAt = 0
  readonly #textUnits: number
  #piece = ''
  #pieceAt = 0
  #depth = 0
  #containers = 0

  /**
   * @param bytes borrowed: what is read is copied
   * @throws IPC_PROTOCOL
   */
  constructor(bytes: Buffer, references?: ReferencesTaken) {
    this.#bytes = bytes
    this.#references = references
    if (bytes.length < MESSAGE_HEAD_BYTES) throw malformed()
    this.#isAscii = bytes[0] === TEXT_ASCII
    if (!this.#isAscii && bytes[0] !== TEXT_UTF16) throw malformed()
    this.#end = MESSAGE_HEAD_BYTES + bytes.readUInt32BE(1)
    if (this.#end > bytes.length) throw malformed()
    const textBytes = bytes.length - this.#end
    if (!this.#isAscii && textBytes % 2 === 1) throw malformed()
    this.#textUnits = this.#isAscii ? textBytes : textBytes / 2
  }

  /** What makes of references what they stand for, from here on. */
  resolveWith(references: ReferencesTaken): void {
    this.#references = references
  }

  get hasMore(): boolean {
    return this.#at < this.#end
  }

  /** The next value. @throws IPC_PROTOCOL, and what `references` throws */
  next(): unknown {
    return this.#value()
  }

  /** @throws IPC_PROTOCOL when something is left over */
  finish(): void {
    if (this.hasMore || this.#textAt !== this.#textUnits) throw malformed()
  }

  #value(): unknown {
    switch (this.#byte()) {
      case TAG.UNDEFINED:
        return undefined
      case TAG.NULL:
        return null
      case TAG.FALSE:
        return false
      case TAG.TRUE:
        return true
      case TAG.COUNT:
        return this.#varint()
      case TAG.NEGATIVE:
        return ~this.#varint()
      case TAG.FLOAT:
        return this.#float()
      case TAG.TEXT:
        return this.#text()
      case TAG.BYTES:
        return this.#bytesValue()
      case TAG.DATE:
        return new Date(this.#float())
      case TAG.BIGINT:
        return this.#bigint()
      default:
        return this.#nested(this.#bytes[this.#at - 1]!)
    }
  }

  #nested(tag: number): unknown {
    if (++this.#depth > VALUE_DEPTH_MAX + ENVELOPE_LEVELS) throw malformed()
    if (++this.#containers > CONTAINERS_MAX + ENVELOPE_LEVELS) throw malformed()
    const value = this.#nestedValue(tag)
    this.#depth--
    return value
  }

  #nestedValue(tag: number): unknown {
    switch (tag) {
      case TAG.LIST: {
        const list: unknown[] = []
        for (let left = this.#count(); left > 0; left--) list.push(this.#value())
        return list
      }
      case TAG.NAMED:
        return this.#members(this.#names())
      case TAG.SHAPED: {
        const names = this.#shapes[this.#varint()]
        if (names === undefined) throw malformed()
        return this.#members(names)
      }
      case TAG.MAP: {
        const map = new Map<unknown, unknown>()
        for (let left = this.#count(); left > 0; left--) map.set(this.#value(), this.#value())
        return map
      }
      case TAG.SET: {
        const set = new Set<unknown>()
        for (let left = this.#count(); left > 0; left--) set.add(this.#value())
        return set
      }
      case TAG.ERROR:
        return this.#error()
      case TAG.REFERENCE: {
        const kind = this.#byte()
        const id = this.#varint()
        const told = this.#value()
        if (this.#references === undefined) throw malformed()
        return this.#references.resolve({ kind, id, told })
      }
      default:
        throw malformed()
    }
  }

  #names(): readonly string[] {
    const names: string[] = []
    for (let left = this.#count(); left > 0; left--) names.push(this.#text())
    if (this.#shapes.length < SHAPES_MAX) this.#shapes.push(names)
    return names
  }

  #members(names: readonly string[]): object {
    const members: Record<string, unknown> = {}
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!
      const value = this.#value()
      // Setting it would change the prototype; as an own member it is a name like any other.
      if (name === '__proto__') defineOwn(members, name, value)
      else members[name] = value
    }
    return members
  }

  #error(): Error {
    const parts: unknown[] = []
    for (let part = 0; part < ERROR_PARTS; part++) parts.push(this.#value())
    const [kind, name, message, code, hint, details, cause] = parts
    const isFit =
      typeof kind === 'number' &&
      typeof name === 'string' &&
      typeof message === 'string' &&
      (kind === ERROR_KIND.FORGE ? typeof code === 'string' : isText(code)) &&
      isText(hint) &&
      (details === undefined ||
        (typeof details === 'object' && details !== null && !Array.isArray(details))) &&
      (cause === undefined || isError(cause))
    if (!isFit) throw malformed()
    return errorOf(parts as unknown as ErrorParts)
  }

  #bigint(): bigint {
    const text = this.#text()
    if (!BIGINT.test(text)) throw malformed()
    return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
  }

  #bytesValue(): Uint8Array {
    const length = this.#varint()
    const from = this.#at
    if (length > this.#end - from) throw malformed()
    this.#at += length
    const own = new Uint8Array(length)
    own.set(this.#bytes.subarray(from, from + length))
    return own
  }

  #float(): number {
    if (this.#end - this.#at < 8) throw malformed()
    const value = this.#bytes.readDoubleBE(this.#at)
    this.#at += 8
    return value
  }

  #text(): string {
    const units = this.#varint()
    const from = this.#textAt
    if (units > this.#textUnits - from) throw malformed()
    this.#textAt = from + units
    if (units >= PIECE_UNITS / 2) return this.#slice(from, from + units)
    if (from + units > this.#pieceAt + this.#piece.length) {
      this.#pieceAt = from
      this.#piece = this.#slice(from, Math.min(from + PIECE_UNITS, this.#textUnits))
    }
    const start = from - this.#pieceAt
    return this.#piece.substring(start, start + units)
  }

  #slice(from: number, to: number): string {
    return this.#isAscii
      ? this.#bytes.toString('latin1', this.#end + from, this.#end + to)
      : this.#bytes.toString('utf16le', this.#end + from * 2, this.#end + to * 2)
  }

  /** How many values follow: each takes a byte at least, so a message cannot announce more than it has. */
  #count(): number {
    const count = this.#varint()
    if (count > this.#end - this.#at) throw malformed()
    return count
  }

  #byte(): number {
    if (this.#at >= this.#end) throw malformed()
    return this.#bytes[this.#at++]!
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (value < 0) break
        return value
      }
    }
    throw malformed()
  }
}

/** The values of a message, of which there are so many. @throws IPC_PROTOCOL, and what `references` throws */
export function readAll(
  bytes: Buffer,
  { count, references }: { readonly count: number; readonly references?: ReferencesTaken },
): unknown[] {
  const decoder = new ValueDecoder(bytes, references)
  const values: unknown[] = []
  while (values.length < count) values.push(decoder.next())
  decoder.finish()
  return values
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function defineOwn(members: object, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, enumerable: true, writable: true, configurable: true })
}

function malformed(): ForgeError {
  return new ForgeError('IPC_PROTOCOL', 'the other side sent a value that is malformed')
}
