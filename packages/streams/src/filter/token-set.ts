import { FOLDED_TOKEN_BYTES, TOKEN_BYTES_MAX, TOKEN_BYTES_MIN } from './tokens.ts'

const EMPTY = 0
/** The prime of FNV-1a, and the factor of MurmurHash2. */
const FIRST_FACTOR = 0x01000193
const SECOND_FACTOR = 0x5bd1e995

/**
 * The distinct tokens of texts, as hashes. Two seeded 32-bit hashes stand for a token: where two tokens share both,
 * they share their bits in the filter too, so none is missed.
 */
export class TokenSet {
  readonly #seed: number
  #slots = new Uint32Array(2 * 4096)
  #size = 0

  constructor(seed: number) {
    this.#seed = seed >>> 0
  }

  get size(): number {
    return this.#size
  }

  /** Adds the tokens of one text, or of texts back to back with `offsets`, whose edges end tokens. */
  addTexts(text: Uint8Array, offsets: Uint32Array): void {
    const seed = this.#seed
    for (let row = 0; row + 1 < offsets.length; row++) {
      const end = offsets[row + 1]!
      let first = seed
      let second = ~seed
      let length = 0
      for (let at = offsets[row]!; at < end; at++) {
        const byte = FOLDED_TOKEN_BYTES[text[at]!]!
        if (byte !== 0) {
          first = Math.imul(first ^ byte, FIRST_FACTOR)
          second = Math.imul(second ^ byte, SECOND_FACTOR)
          second ^= second >>> 15
          length++
          continue
        }
        if (length >= TOKEN_BYTES_MIN && length <= TOKEN_BYTES_MAX) this.#add(first, second)
        first = seed
        second = ~seed
        length = 0
      }
      if (length >= TOKEN_BYTES_MIN && length <= TOKEN_BYTES_MAX) this.#add(first, second)
    }
  }

  /** Calls back with the two hashes of every token. */
  forEach(action: (first: number, second: number) => void): void {
    const slots = this.#slots
    for (let slot = 0; slot < slots.length; slot += 2) {
      if (slots[slot + 1] !== EMPTY) action(slots[slot]!, slots[slot + 1]!)
    }
  }

  #add(first: number, second: number): void {
    const one = mix(first)
    // Zero marks an empty slot.
    const other = mix(second) || 1
    const mask = this.#slots.length / 2 - 1
    let slot = one & mask
    for (; this.#slots[2 * slot + 1] !== EMPTY; slot = (slot + 1) & mask) {
      if (this.#slots[2 * slot] === one && this.#slots[2 * slot + 1] === other) return
    }
    this.#slots[2 * slot] = one
    this.#slots[2 * slot + 1] = other
    if (++this.#size * 2 > mask) this.#grow()
  }

  #grow(): void {
    const old = this.#slots
    const mask = old.length - 1
    this.#slots = new Uint32Array(old.length * 2)
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === EMPTY) continue
      let slot = old[from]! & mask
      while (this.#slots[2 * slot + 1] !== EMPTY) slot = (slot + 1) & mask
      this.#slots[2 * slot] = old[from]!
      this.#slots[2 * slot + 1] = old[from + 1]!
    }
  }
}

/** The hashes of one token, as `addTexts` makes them. */
export function tokenHashes(
  token: string,
  seed: number,
): { readonly first: number; readonly second: number } {
  let first = seed >>> 0
  let second = ~first
  for (let at = 0; at < token.length; at++) {
    const byte = FOLDED_TOKEN_BYTES[token.charCodeAt(at)]!
    first = Math.imul(first ^ byte, FIRST_FACTOR)
    second = Math.imul(second ^ byte, SECOND_FACTOR)
    second ^= second >>> 15
  }
  return { first: mix(first), second: mix(second) || 1 }
}

/** Finalizer of MurmurHash3 (32 bits): every bit of the input changes half of the output. */
function mix(hash: number): number {
  let value = hash
  value ^= value >>> 16
  value = Math.imul(value, 0x85ebca6b)
  value ^= value >>> 13
  value = Math.imul(value, 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
