/** Numbers pairs (small integer, 53-bit key) in the order they first come, and counts them. */
export class PairTable {
  size = 0
  counts: Uint32Array
  firsts: Uint32Array
  #keys: Float64Array
  #slots: Int32Array
  #mask: number

  constructor(capacity: number) {
    this.counts = new Uint32Array(capacity)
    this.firsts = new Uint32Array(capacity)
    this.#keys = new Float64Array(capacity)
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    this.#mask = capacity * 2 - 1
  }

  add(first: number, key: number): number {
    let slot = hashOf(first, key) & this.#mask
    for (;;) {
      const index = this.#slots[slot]!
      if (index === -1) break
      if (this.firsts[index] === first && this.#keys[index] === key) {
        this.counts[index]! += 1
        return index
      }
      slot = (slot + 1) & this.#mask
    }
    if (this.size === this.counts.length) {
      this.#grow()
      return this.add(first, key)
    }
    const index = this.size++
    this.#slots[slot] = index
    this.firsts[index] = first
    this.#keys[index] = key
    this.counts[index] = 1
    return index
  }

  #grow(): void {
    const capacity = this.counts.length * 2
    this.counts = copied(this.counts, new Uint32Array(capacity))
    this.firsts = copied(this.firsts, new Uint32Array(capacity))
    this.#keys = copied(this.#keys, new Float64Array(capacity))
    this.#slots = new Int32Array(capacity * 2).fill(-1)
    this.#mask = capacity * 2 - 1
    for (let index = 0; index < this.size; index++) {
      let slot = hashOf(this.firsts[index]!, this.#keys[index]!) & this.#mask
      while (this.#slots[slot] !== -1) slot = (slot + 1) & this.#mask
      this.#slots[slot] = index
    }
  }
}

function hashOf(first: number, key: number): number {
  const high = Math.floor(key / 0x1_0000_0000)
  let hash = Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(key | 0, 0x85ebca6b) ^ Math.imul(high, 0xc2b2ae35)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) >>> 0
}

function copied<Values extends { set(values: Values): void }>(from: Values, to: Values): Values {
  to.set(from)
  return to
}
