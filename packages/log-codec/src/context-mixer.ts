import { BinaryCoder } from './binary-coder.ts'
import { SQUASH, SQUASH_LIMIT, STRETCHED } from './logistic.ts'

/** Contexts a symbol can be given at most. */
export const CONTEXTS_MAX = 8

/** A counter moves by 1 / (hits + 1.5), never slower than this many hits allow: that follows drifting data. */
const HITS_MAX = 60
const SHARE_BITS = 22
const SHARE_MAX = 2 ** SHARE_BITS - 1
/** Even odds, no hits. */
const COUNTER_START = 0x8000_0000 | 0
const RATES: Float64Array = Float64Array.from({ length: HITS_MAX + 1 }, (_, hits) => 1 / (hits + 1.5))

const LEARNING_RATE = 8e-10
/** Parts of a symbol, such as the length of a number and its upper bits, have weights of their own. */
const SETS_OF_KIND = 8
const NUMBER_CLASS_ESCAPE = 15
const NUMBER_BITS_MAX = 53
/** A flag and a number of one context must not share counters; no other symbol has this salt. */
const FLAG_SALT = -1

/** Both sides must use the same. */
export interface MixerSettings {
  /** 1 to CONTEXTS_MAX. */
  readonly contextCount: number
  /** There are 2^counterBits counters. */
  readonly counterBits: number
  /** Sets of weights: one for each kind of symbol that the caller tells apart. */
  readonly sets: number
}

/**
 * Codes symbols bit by bit. Each context has its own counters of the bits seen behind it; the mixer weighs their
 * predictions, and learns which context to trust.
 */
export class ContextMixer {
  /** Hashes of the contexts of the next symbol: set the first `count` of them before each symbol. */
  readonly contexts: Int32Array = new Int32Array(CONTEXTS_MAX)
  readonly count: number
  readonly coder: BinaryCoder
  readonly #counters: Int32Array
  readonly #mask: number
  readonly #weights: Float64Array
  readonly #inputs: Float64Array = new Float64Array(CONTEXTS_MAX)
  readonly #slots: Int32Array = new Int32Array(CONTEXTS_MAX)
  readonly #bases: Int32Array = new Int32Array(CONTEXTS_MAX)

  constructor(coder: BinaryCoder, { contextCount: count, counterBits, sets }: MixerSettings) {
    this.coder = coder
    this.count = count
    this.#counters = new Int32Array(2 ** counterBits).fill(COUNTER_START)
    this.#mask = 2 ** counterBits - 1
    this.#weights = new Float64Array(sets * SETS_OF_KIND * CONTEXTS_MAX).fill(1 / Math.max(1.6, count * 0.5))
  }

  /** Codes or reads a number of 0 to 2^53 - 1. @param set picks the weights: symbols of one kind share a set */
  number(value: number, set: number): number {
    let bits = 0
    if (!this.coder.isDecoder) bits = bitLength(value)
    this.#rebase(0)
    bits = this.#tree(Math.min(bits, NUMBER_CLASS_ESCAPE), bits, 4, set * SETS_OF_KIND)
    return this.#mantissa(value, bits, set * SETS_OF_KIND + 1)
  }

  /** Codes or reads 0 or 1. */
  flag(value: number, set: number): number {
    this.#rebase(FLAG_SALT)
    return this.#bitsOf(value, 1, set * SETS_OF_KIND + 6)
  }

  byte(value: number, set: number): number {
    this.#rebase(0)
    const high = this.#bitsOf(value >> 4, 4, set * SETS_OF_KIND + 4)
    this.#rebase(high + 1)
    const low = this.#bitsOf(value & 15, 4, set * SETS_OF_KIND + 5)
    return high * 16 + low
  }

  #tree(head: number, bits: number, width: number, set: number): number {
    const coded = this.#bitsOf(head, width, set)
    if (coded < NUMBER_CLASS_ESCAPE) return coded
    this.#rebase(coded)
    return NUMBER_CLASS_ESCAPE + this.#bitsOf(bits - NUMBER_CLASS_ESCAPE, 6, set)
  }

  #mantissa(value: number, bits: number, set: number): number {
    if (bits < 2) return bits
    if (bits > NUMBER_BITS_MAX) return 0
    let prefix = 1
    let left = bits - 1
    while (left > 0) {
      const width = Math.min(left, 5)
      left -= width
      const unit = 2 ** left
      this.#rebase(bits * 0x1_0001 + (prefix % 0x8000_0000))
      const part = this.#bitsOf(
        Math.floor(value / unit) % 2 ** width,
        width,
        set + (bits - 1 - left > 10 ? 2 : bits - 1 - left > 5 ? 1 : 0),
      )
      prefix = prefix * 2 ** width + part
    }
    return prefix
  }

  #rebase(salt: number): void {
    for (let index = 0; index < this.count; index++) {
      let hash =
        Math.imul(this.contexts[index]! ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b) +
        Math.imul(index + 1, 0x27d4eb2f)
      hash ^= hash >>> 15
      hash = Math.imul(hash, 0x2c1b3c6d)
      this.#bases[index] = hash ^ (hash >>> 13)
    }
  }

  /** The first three contexts are written out: every section has them, and nearly all time is spent here. */
  #bitsOf(value: number, width: number, set: number): number {
    const coder = this.coder
    const count = this.count
    const counters = this.#counters
    const weights = this.#weights
    const bases = this.#bases
    const slots = this.#slots
    const inputs = this.#inputs
    const mask = this.#mask
    const first = set * CONTEXTS_MAX
    const base0 = bases[0]!
    const base1 = bases[1]!
    const base2 = bases[2]!
    let node = 1
    for (let at = width - 1; at >= 0; at--) {
      const slot0 = (base0 + node) & mask
      const slot1 = (base1 + node) & mask
      const slot2 = (base2 + node) & mask
      const input0 = STRETCHED[counters[slot0]! >>> 20]!
      const input1 = STRETCHED[counters[slot1]! >>> 20]!
      const input2 = STRETCHED[counters[slot2]! >>> 20]!
      let sum = weights[first]! * input0 + weights[first + 1]! * input1 + weights[first + 2]! * input2
      for (let index = 3; index < count; index++) {
        const slot = (bases[index]! + node) & mask
        const input = STRETCHED[counters[slot]! >>> 20]!
        slots[index] = slot
        inputs[index] = input
        sum += weights[first + index]! * input
      }
      const place = sum > SQUASH_LIMIT ? 2 * SQUASH_LIMIT : sum < -SQUASH_LIMIT ? 0 : (sum + SQUASH_LIMIT) | 0
      const share = SQUASH[place]!
      const bit = coder.bit((value >>> at) & 1, share)
      const step = ((bit << 16) - share) * LEARNING_RATE
      weights[first]! += input0 * step
      weights[first + 1]! += input1 * step
      weights[first + 2]! += input2 * step
      const target = bit === 1 ? SHARE_MAX : 0
      counters[slot0] = moved(counters[slot0]!, target)
      counters[slot1] = moved(counters[slot1]!, target)
      counters[slot2] = moved(counters[slot2]!, target)
      for (let index = 3; index < count; index++) {
        weights[first + index]! += inputs[index]! * step
        const slot = slots[index]!
        counters[slot] = moved(counters[slot]!, target)
      }
      node = node * 2 + bit
    }
    return node - (1 << width)
  }
}

/** A counter is `probability of a 1 (22 bits) | hits (10 bits)`. */
function moved(counter: number, target: number): number {
  const hits = counter & 1023
  const share = counter >>> 10
  return ((share + (((target - share) * RATES[hits]!) | 0)) << 10) | (hits < HITS_MAX ? hits + 1 : hits)
}

function bitLength(value: number): number {
  if (value < 0x1_0000_0000) return 32 - Math.clz32(value)
  return 64 - Math.clz32(Math.floor(value / 0x1_0000_0000))
}
