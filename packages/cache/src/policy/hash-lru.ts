import { SlotLists } from './slot-lists.ts'

const USED = 0
/** The table is at most a quarter full, so that a search ends at once. */
const PLACES_PER_ENTRY = 4
const PLACES_MIN = 16
const EMPTY = 0

/** A set of 32-bit hashes of fixed capacity that forgets the one used least recently. Hashes must be well mixed. */
export class HashLru {
  readonly #capacity: number
  readonly #mask: number
  /** Slot + 1 by linear probing; 0 is empty. */
  readonly #places: Int32Array
  readonly #lists = new SlotLists(1)
  #size = 0

  constructor(capacity: number) {
    let places = PLACES_MIN
    while (places < capacity * PLACES_PER_ENTRY) places *= 2
    this.#capacity = capacity
    this.#mask = places - 1
    this.#places = new Int32Array(places)
    this.#lists.grow(capacity)
  }

  /** Uses a hash. @returns whether it was there */
  use(hash: number): boolean {
    const place = this.#find(hash)
    const found = this.#places[place]!
    if (found !== EMPTY) {
      this.#lists.renew(USED, found - 1)
      return true
    }
    if (this.#size < this.#capacity) this.#put(place, this.#size++, hash)
    else {
      const slot = this.#lists.oldest(USED)
      this.#lists.unlink(slot)
      this.#clear(this.#find(this.#lists.tag(slot)))
      // Clearing may have moved others into the place that was free before.
      this.#put(this.#find(hash), slot, hash)
    }
    return false
  }

  #put(place: number, slot: number, hash: number): void {
    this.#lists.setTag(slot, hash)
    this.#lists.append(USED, slot)
    this.#places[place] = slot + 1
  }

  /** The place of the hash, or the empty place where it would go. */
  #find(hash: number): number {
    let place = hash & this.#mask
    for (;;) {
      const found = this.#places[place]!
      if (found === EMPTY || this.#lists.tag(found - 1) === hash) return place
      place = (place + 1) & this.#mask
    }
  }

  /** Empties a place and moves back those behind it that were pushed over it. */
  #clear(emptied: number): void {
    let hole = emptied
    let place = (hole + 1) & this.#mask
    for (; this.#places[place] !== EMPTY; place = (place + 1) & this.#mask) {
      const home = this.#lists.tag(this.#places[place]! - 1) & this.#mask
      if (((place - home) & this.#mask) < ((place - hole) & this.#mask)) continue
      this.#places[hole] = this.#places[place]!
      hole = place
    }
    this.#places[hole] = EMPTY
  }
}
