const SLOTS_MIN = 16
/** So many slots for each key remembered: a key that overwrites another one is rare enough. */
const SLOTS_PER_KEY = 2

/** Remembers the hashes of the last keys that were turned away, in a table that overwrites. */
export class RecentKeys {
  #hashes = new Int32Array(SLOTS_MIN)
  /** When the key came, counted from 1; 0 is empty. */
  #numbers = new Int32Array(SLOTS_MIN)
  #mask = SLOTS_MIN - 1
  #depth = 1
  #count = 0

  /** From now on the last `depth` keys are remembered. */
  resize(depth: number): void {
    this.#depth = depth
    let slots = this.#hashes.length
    while (slots < depth * SLOTS_PER_KEY) slots *= 2
    if (slots === this.#hashes.length) return
    this.#hashes = new Int32Array(slots)
    this.#numbers = new Int32Array(slots)
    this.#mask = slots - 1
  }

  add(hash: number): void {
    // Others use the low bits.
    const slot = (hash >>> 8) & this.#mask
    this.#hashes[slot] = hash
    this.#count = (this.#count + 1) | 0
    this.#numbers[slot] = this.#count
  }

  /** @returns whether the key is remembered; it is forgotten by that */
  take(hash: number): boolean {
    const slot = (hash >>> 8) & this.#mask
    if (this.#hashes[slot] !== hash || this.#numbers[slot] === 0) return false
    const age = (this.#count - this.#numbers[slot]!) | 0
    this.#numbers[slot] = 0
    return age < this.#depth
  }
}
