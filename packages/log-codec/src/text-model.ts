import type { BinaryCoder } from './binary-coder.ts'
import { ContextMixer, type MixerSettings } from './context-mixer.ts'
import { damaged } from './damage.ts'
import { hashNumber, mix } from './hash.ts'
import { SECTION_TEXT_BYTES_MAX } from './section-rows.ts'
import type { StringHeap } from './string-heap.ts'

/** Which weights a kind of symbol uses. A long column has its own. */
const SET_TEMPLATE_IDS = 8
const SET_BYTES = 9
const SET_STRINGS = 10
const SET_NUMBERS = 11
const SET_MISFITS = 12
const SET_COLUMNS = 16
const COLUMN_SETS = 492
const OWN_SET_VALUES_MIN = 300

/** Values last seen behind a left neighbour, in a power of two of places. Sharing one only makes a worse context. */
const FOLLOWERS_MAX = 65_536

/** The same for the numbers of templates. */
const TEMPLATE_FOLLOWERS = 4096

const SALT_LENGTH = 77
const SALT_DISTANCE = 51
const SALT_STRING_VALUE = 99

/** The follower is asked for when it was right for more than this share of the last values, in 65,536ths. */
const TRUST_MIN = 24_000

/** What a byte array takes beside its bytes, about. */
const STRING_BYTES = 96

interface ValuePlace {
  readonly column: number
  readonly row: number
  /** Hashes of the two values before it in its column. */
  readonly before: number
  readonly before2: number
  readonly set: number
}

export type TextSettings = Omit<MixerSettings, 'sets'>

/** Rows as the model of their texts sees them. */
export interface RowContext {
  readonly count: number
  readonly timestamps: Float64Array
  readonly levels: Uint8Array
}

/**
 * What the values of columns depend on: the value before, the one to the left, the template, the time. Every method
 * codes what it is given, or reads it into the arrays it is given: coder and decoder run the same code.
 */
export class TextModel {
  readonly #mixer: ContextMixer
  readonly #coder: BinaryCoder
  readonly #contextCount: number
  readonly #heap: StringHeap | undefined
  readonly #rows: RowContext
  readonly #strings: Uint8Array[] = []
  readonly #stringIds = new Map<Uint8Array, number>()
  /** Hashes of the last and the last but one value coded of each row. */
  readonly #left: Int32Array
  readonly #leftOfLeft: Int32Array
  readonly #followers: Float64Array
  /** How often the follower was right of late, in 65,536ths, and which of the last ones were. */
  #trust = 0
  #rights = 0
  #templateOfRow: Uint32Array
  #headerBefore = 0
  #stringBytes = 0
  #stringCount = 0

  /** @param heap holds the bytes of strings when they are not part of the stream */
  constructor(coder: BinaryCoder, settings: TextSettings, rows: RowContext, heap: StringHeap | undefined) {
    this.#coder = coder
    this.#contextCount = settings.contextCount
    const sets = rows.count < OWN_SET_VALUES_MIN ? SET_COLUMNS : SET_COLUMNS + COLUMN_SETS
    this.#mixer = new ContextMixer(coder, { ...settings, sets })
    this.#followers = new Float64Array(Math.min(2 ** (35 - Math.clz32(rows.count)), FOLLOWERS_MAX))
    this.#rows = rows
    this.#heap = heap
    this.#left = new Int32Array(rows.count)
    this.#leftOfLeft = new Int32Array(rows.count)
    this.#templateOfRow = new Uint32Array(rows.count)
  }

  /** What the strings coded or read so far take in memory, about. */
  get heldStringBytes(): number {
    return this.#stringBytes + this.#stringCount * STRING_BYTES
  }

  /** A number that describes the texts, such as the kind of a column. @param salt tells kinds of numbers apart */
  header(value: number, salt: number): number {
    const { contexts } = this.#mixer
    contexts.fill(salt)
    contexts[1] = mix(salt, this.#headerBefore)
    const coded = this.#mixer.number(value, salt & 7)
    this.#headerBefore = mix(salt, coded)
    return coded
  }

  /** @param value undefined when decoding @throws STREAM_BLOCK_DAMAGED */
  string(value: Uint8Array | undefined, salt: number): Uint8Array {
    const length = this.header(value?.length ?? 0, mix(salt, SALT_LENGTH))
    this.#stringBytes += length
    this.#stringCount += 1
    // Each string is part of a text at least once, as a constant or as a value.
    if (this.#stringBytes > 2 * SECTION_TEXT_BYTES_MAX || this.#coder.isExhausted)
      throw damaged('too long strings')
    if (this.#heap !== undefined) return this.#heap.string(value, length)
    return this.#bytes(value, length, salt)
  }

  #bytes(value: Uint8Array | undefined, length: number, salt: number): Uint8Array {
    const mixer = this.#mixer
    const { contexts } = mixer
    const out = value ?? new Uint8Array(length)
    const isRich = this.#contextCount > 3
    let recent = 0
    let older = 0
    let word = 0
    for (let at = 0; at < length; at++) {
      contexts[0] = mix(2, recent & 0xffff)
      contexts[1] = mix(3, recent & 0xff_ffff)
      contexts[2] = mix(mix(4, word), recent & 0xff)
      if (isRich) {
        contexts[3] = mix(5, recent)
        contexts[4] = mix(mix(1, salt), recent & 0xff)
        contexts[5] = mix(mix(6, recent), older & 0xffff)
        contexts[6] = mix(mix(7, salt), at)
      }
      const byte = mixer.byte(value === undefined ? 0 : value[at]!, SET_BYTES)
      if (value === undefined) out[at] = byte
      older = (older << 8) | (recent >>> 24)
      recent = (recent << 8) | byte
      word = isWordByte(byte) ? mix(word, byte) : 0
    }
    return out
  }

  /** Numbers of the rows' templates, in place. */
  templateIds(ids: Uint32Array): void {
    this.#templateOfRow = ids
    const { timestamps, levels, count } = this.#rows
    const { contexts } = this.#mixer
    let before = 0
    let before2 = 0
    let before3 = 0
    let before4 = 0
    /** What last followed the same two templates at the same level. */
    const expected = new Uint32Array(TEMPLATE_FOLLOWERS)
    let time = Number.NaN
    for (let row = 0; row < count; row++) {
      const now = levels[row]! * 2 + (timestamps[row] === time ? 1 : 0)
      time = timestamps[row]!
      const pair = mix(before, before2)
      contexts[0] = mix(mix(11, before), now)
      contexts[1] = mix(mix(12, pair), levels[row]!)
      contexts[2] = mix(13, levels[row]!)
      contexts[3] = mix(mix(14, pair), mix(before3, now))
      contexts[4] = mix(15, before2)
      contexts[5] = mix(mix(16, pair), mix(before3, before4))
      contexts[6] = mix(17, before3)
      const place = mix(pair, now) & (expected.length - 1)
      let id = ids[row]!
      if (this.#mixer.flag(id === expected[place] ? 1 : 0, SET_TEMPLATE_IDS) === 1) id = expected[place]!
      else id = this.#mixer.number(id, SET_TEMPLATE_IDS)
      ids[row] = id
      expected[place] = id
      before4 = before3
      before3 = before2
      before2 = before
      before = id
    }
    this.#checkEnd()
  }

  /** Numbers of a column, in place. */
  numbers(column: number, rows: Uint32Array, values: Float64Array): void {
    const set = values.length < OWN_SET_VALUES_MIN ? SET_NUMBERS : SET_COLUMNS + (column % COLUMN_SETS)
    let before = 0
    let before2 = 0
    this.#trust = 0
    for (let at = 0; at < values.length; at++) {
      const row = rows[at]!
      const value = this.#value(values[at]!, { column, row, before, before2, set })
      values[at] = value
      before2 = before
      before = hashNumber(value)
      this.#remember(row, before)
    }
    this.#checkEnd()
  }

  /** Which rows of a column are not as predicted (1), in place. */
  misfits(column: number, flags: Uint8Array): void {
    const { contexts } = this.#mixer
    let before = 0
    for (let at = 0; at < flags.length; at++) {
      contexts.fill(mix(column, 61))
      contexts[1] = mix(mix(column, 62), before & 0xf)
      flags[at] = this.#mixer.flag(flags[at]!, SET_MISFITS)
      before = before * 2 + flags[at]!
    }
    this.#checkEnd()
  }

  /** Strings of a column, in place. When coding, equal strings must be one object. @param count of values */
  strings(column: number, rows: Uint32Array, values: Uint8Array[], count: number): void {
    const set = count < OWN_SET_VALUES_MIN ? SET_STRINGS : SET_COLUMNS + (column % COLUMN_SETS)
    const isDecoder = this.#coder.isDecoder
    // Number 0 is a string that is new to the column.
    const local: Uint8Array[] = []
    const localIds = new Map<Uint8Array, number>()
    let before = 0
    let before2 = 0
    this.#trust = 0
    for (let at = 0; at < count; at++) {
      const row = rows[at]!
      const value = isDecoder ? undefined : values[at]!
      let index = value === undefined ? 0 : (localIds.get(value) ?? 0)
      index = this.#value(index, { column, row, before, before2, set })
      if (index > local.length) throw damaged('a string number beyond its dictionary')
      if (index === 0) {
        const added = this.#newToColumn(value, column)
        local.push(added)
        index = local.length
        if (!isDecoder) localIds.set(added, index)
      }
      const string = local[index - 1]!
      values[at] = string
      before2 = before
      before = mix(this.#stringIds.get(string)!, SALT_STRING_VALUE)
      this.#remember(row, before)
    }
    this.#checkEnd()
  }

  /** A string that other columns may hold: its distance back in the dictionary of all, 0 when it is new there too. */
  #newToColumn(value: Uint8Array | undefined, column: number): Uint8Array {
    const known = this.#strings.length
    const id = value === undefined ? undefined : this.#stringIds.get(value)
    const distance = this.header(id === undefined ? 0 : known - id, mix(column, SALT_DISTANCE))
    if (distance > known) throw damaged('a string number beyond its dictionary')
    if (distance > 0) return this.#strings[known - distance]!
    const added = this.string(value, column)
    this.#stringIds.set(added, known)
    this.#strings.push(added)
    return added
  }

  /**
   * One value. What last stood behind the same left neighbour is asked for first, as long as it is often right: that
   * takes one decision instead of the many of a number.
   */
  #value(value: number, { column, row, before, before2, set }: ValuePlace): number {
    const mixer = this.#mixer
    const { contexts } = mixer
    const left = this.#left[row]!
    const place = mix(column, left) & (this.#followers.length - 1)
    const follower = this.#followers[place]!
    if (this.#trust > TRUST_MIN) {
      const followerHash = hashNumber(follower)
      contexts[0] = mix(mix(column, 51), followerHash)
      contexts[1] = mix(mix(column, 52), left)
      contexts[2] = mix(mix(column, 53), this.#rights & 255)
      if (this.#contextCount > 3) {
        contexts[3] = mix(mix(column, 54), mix(before, followerHash))
        contexts[4] = mix(mix(column, 55), this.#templateOfRow[row]!)
        contexts[5] = mix(mix(column, 56), mix(before, before2))
        contexts[6] = mix(mix(column, 57), mix(left, this.#leftOfLeft[row]!))
      }
      if (mixer.flag(value === follower ? 1 : 0, set) === 1) {
        this.#judge(1)
        return follower
      }
    }
    contexts[0] = mix(mix(column, 31), before)
    contexts[1] = mix(mix(column, 32), left)
    contexts[2] = mix(column, 33)
    if (this.#contextCount > 3) {
      contexts[3] = mix(mix(column, 34), mix(left, hashNumber(follower)))
      contexts[4] = mix(mix(column, 35), mix(before, before2))
      contexts[5] = mix(mix(column, 36), this.#templateOfRow[row]!)
      contexts[6] = mix(mix(column, 37), mix(left, this.#leftOfLeft[row]!))
    }
    const coded = mixer.number(value, set)
    this.#judge(coded === follower ? 1 : 0)
    this.#followers[place] = coded
    return coded
  }

  #judge(right: number): void {
    this.#trust += ((right === 1 ? 65_535 : 0) - this.#trust) >> 4
    this.#rights = (this.#rights << 1) | right
  }

  #remember(row: number, value: number): void {
    this.#leftOfLeft[row] = this.#left[row]!
    this.#left[row] = value
  }

  #checkEnd(): void {
    if (this.#coder.isExhausted) throw damaged('a stream that ends too early')
  }
}

function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}
