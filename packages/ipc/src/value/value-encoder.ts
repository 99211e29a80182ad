import { ForgeError, isBytes, isDateObject, isError, isMapObject, isPlainObject } from '@forgeone/common'
import { CONTAINERS_MAX, FRAME_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.ts'
import { errorParts } from './error-parts.ts'
import type { ReferencesGiven } from './reference.ts'
import { MESSAGE_HEAD_BYTES, SHAPES_MAX, TAG, TEXT_ASCII, TEXT_UTF16 } from './tag.ts'

const START_BYTES = 256
const VARINT_MAX = 0x7fff_ffff
/** Of any value, but for bytes and what is in it. */
const HEAD_BYTES_MAX = 16

/** Names of an object, in their order. */
interface Names {
  readonly id: number
  readonly names: readonly string[]
  /** Those of the object that came next the last time: a guess that saves looking for them. */
  next: Names | undefined
}

/**
 * Writes values into one message: tags, numbers and lengths in its first part, all text in its second. Nothing but plain data gets
 * in, and what `references` lets in its place. The layout stands in docs/ipc-protocol.md.
 */
export class ValueEncoder {
  readonly #references: ReferencesGiven | undefined
  #bytes: Buffer = Buffer.allocUnsafe(START_BYTES)
  #length = 0
  #texts: string[] = []
  #textUnits = 0
  readonly #known = new Map<string, Names>()
  #previous: Names | undefined
  #depth = 0
  #containers = 0

  constructor(references?: ReferencesGiven) {
    this.#references = references
  }

  /** About how many bytes the message has so far. */
  get size(): number {
    return this.#length + this.#textUnits
  }

  /**
   * Adds a value. What throws empties the message.
   * @throws IPC_VALUE_INVALID, IPC_LIMIT
   */
  add(value: unknown): this {
    try {
      this.#value(value)
    } catch (cause) {
      this.clear()
      if (cause instanceof ForgeError) throw cause
      // It comes from elsewhere: a getter or a proxy may throw anything.
      throw new ForgeError('IPC_VALUE_INVALID', 'a value cannot be read', { cause })
    }
    return this
  }

  /** The message, of its own memory; the encoder is empty again. @throws IPC_LIMIT */
  finish(): Buffer {
    const text = this.#texts.length === 1 ? this.#texts[0]! : this.#texts.join('')
    // Two bytes a unit keep every text as it is, also half a surrogate pair.
    const isAscii = Buffer.byteLength(text) === text.length
    const size = MESSAGE_HEAD_BYTES + this.#length + (isAscii ? text.length : text.length * 2)
    if (size > FRAME_BYTES_MAX) {
      this.clear()
      throw tooLarge(size)
    }
    const message = Buffer.allocUnsafe(size)
    message[0] = isAscii ? TEXT_ASCII : TEXT_UTF16
    message.writeUInt32BE(this.#length, 1)
    this.#bytes.copy(message, MESSAGE_HEAD_BYTES, 0, this.#length)
    message.write(text, MESSAGE_HEAD_BYTES + this.#length, isAscii ? 'latin1' : 'utf16le')
    this.clear()
    return message
  }

  clear(): void {
    this.#length = 0
    this.#texts = []
    this.#textUnits = 0
    this.#known.clear()
    this.#previous = undefined
    this.#depth = 0
    this.#containers = 0
  }

  #value(value: unknown): void {
    if (this.#bytes.length - this.#length < HEAD_BYTES_MAX) this.#grow(HEAD_BYTES_MAX)
    switch (typeof value) {
      case 'string':
        this.#tag(TAG.TEXT)
        this.#text(value)
        return
      case 'number':
        this.#number(value)
        return
      case 'boolean':
        this.#tag(value ? TAG.TRUE : TAG.FALSE)
        return
      case 'undefined':
        this.#tag(TAG.UNDEFINED)
        return
      case 'bigint':
        this.#tag(TAG.BIGINT)
        this.#text(value.toString(16))
        return
      case 'object':
        if (value === null) this.#tag(TAG.NULL)
        else this.#object(value)
        return
      case 'function':
        if (!this.#reference(value)) throw refusal('a function where none is taken')
        return
      default:
        throw refusal(`a ${typeof value}`)
    }
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value <= VARINT_MAX && value >= -VARINT_MAX && !Object.is(value, -0)) {
      this.#tag(value < 0 ? TAG.NEGATIVE : TAG.COUNT)
      this.#varint(value < 0 ? ~value : value)
    } else {
      this.#tag(TAG.FLOAT)
      this.#length = this.#bytes.writeDoubleBE(value, this.#length)
    }
  }

  #object(value: object): void {
    if (++this.#containers > CONTAINERS_MAX)
      throw new ForgeError('IPC_LIMIT', `a value has more than ${CONTAINERS_MAX} lists and objects`, {
        details: { limit: 'CONTAINERS_MAX' },
      })
    if (++this.#depth > VALUE_DEPTH_MAX) throw refusal(`more than ${VALUE_DEPTH_MAX} levels, or itself in it`)
    if (Array.isArray(value)) this.#list(value)
    else if (Object.getPrototypeOf(value) === Object.prototype && !(Symbol.asyncIterator in value))
      this.#members(value)
    else if (!this.#reference(value)) this.#special(value)
    this.#depth--
  }

  #list(list: readonly unknown[]): void {
    this.#tag(TAG.LIST)
    this.#varint(list.length)
    // By index: a list with holes has `undefined` there.
    for (let index = 0; index < list.length; index++) this.#value(list[index])
  }

  #members(value: object): void {
    const names = Object.keys(value)
    this.#names(names)
    for (let index = 0; index < names.length; index++)
      this.#value((value as Readonly<Record<string, unknown>>)[names[index]!])
  }

  #names(names: readonly string[]): void {
    const known = this.#find(names)
    if (known !== undefined) {
      this.#tag(TAG.SHAPED)
      this.#varint(known.id)
      return
    }
    this.#tag(TAG.NAMED)
    this.#varint(names.length)
    for (const name of names) {
      if (this.#bytes.length - this.#length < HEAD_BYTES_MAX) this.#grow(HEAD_BYTES_MAX)
      this.#text(name)
    }
    const added: Names = { id: this.#known.size, names, next: undefined }
    // The decoder remembers as many.
    if (added.id >= SHAPES_MAX) return
    const key = names.join('\0')
    // Other names may have the same key, where one holds the separator: these are found by the guess alone.
    this.#known.set(this.#known.has(key) ? `${key}\0\0${added.id}` : key, added)
    this.#follow(added)
  }

  #find(names: readonly string[]): Names | undefined {
    const guess = this.#previous?.next
    if (guess !== undefined && isSame(guess.names, names)) {
      this.#previous = guess
      return guess
    }
    const known = this.#known.get(names.join('\0'))
    if (known === undefined || !isSame(known.names, names)) return undefined
    this.#follow(known)
    return known
  }

  #follow(names: Names): void {
    if (this.#previous !== undefined) this.#previous.next = names
    this.#previous = names
  }

  /** What is neither a list nor an object like most. */
  #special(value: object): void {
    if (isBytes(value)) {
      this.#tag(TAG.BYTES)
      this.#varint(value.length)
      this.#grow(value.length)
      this.#bytes.set(value, this.#length)
      this.#length += value.length
    } else if (isDateObject(value)) {
      this.#tag(TAG.DATE)
      this.#length = this.#bytes.writeDoubleBE(Date.prototype.getTime.call(value), this.#length)
    } else if (isMapObject(value)) {
      const pairs = [...Map.prototype.entries.call(value)]
      this.#tag(TAG.MAP)
      this.#varint(pairs.length)
      for (const [key, member] of pairs) {
        this.#value(key)
        this.#value(member)
      }
    } else if (isSetObject(value)) {
      const members = [...Set.prototype.values.call(value)]
      this.#tag(TAG.SET)
      this.#varint(members.length)
      for (const member of members) this.#value(member)
    } else if (isError(value)) {
      this.#tag(TAG.ERROR)
      for (const part of errorParts(value)) this.#value(part)
    } else if (isPlainObject(value)) this.#members(value)
    else throw refusal('an object of a class')
  }

  /** @returns whether something stands for it */
  #reference(value: object): boolean {
    const reference = this.#references?.refer(value)
    if (reference === undefined) return false
    this.#tag(TAG.REFERENCE)
    this.#bytes[this.#length++] = reference.kind
    this.#varint(reference.id)
    this.#value(reference.told)
    return true
  }

  #text(text: string): void {
    this.#varint(text.length)
    this.#texts.push(text)
    this.#textUnits += text.length
    if (this.#textUnits > FRAME_BYTES_MAX) throw tooLarge(this.#textUnits)
  }

  #tag(tag: number): void {
    this.#bytes[this.#length++] = tag
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** Makes room for so many bytes, and the head of a value. */
  #grow(bytes: number): void {
    const needed = this.#length + bytes + HEAD_BYTES_MAX
    if (needed <= this.#bytes.length) return
    if (needed > FRAME_BYTES_MAX + HEAD_BYTES_MAX * 2) throw tooLarge(needed)
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}

function isSetObject(value: object): value is ReadonlySet<unknown> {
  try {
    Set.prototype.has.call(value as Set<unknown>, undefined)
    return true
  } catch {
    return false
  }
}

function refusal(what: string): ForgeError {
  return new ForgeError('IPC_VALUE_INVALID', `${what} cannot go to another process`)
}

function tooLarge(bytes: number): ForgeError {
  return new ForgeError('IPC_LIMIT', `a value takes ${bytes} bytes; at most ${FRAME_BYTES_MAX} go at once`, {
    details: { limit: 'FRAME_BYTES_MAX' },
  })
}
