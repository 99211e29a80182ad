/** 16 words of 32 bits are one 64-byte block, a cache line: a key touches one block, 4 words in each of 4 rows. */
const WORDS_PER_BLOCK = 16
const COUNTER_MAX = 15
/** Keeps 3 of the 4 bits of each counter after a shift, so that a neighbour's bit does not come in. */
const HALVED_MASK = 0x77777777
const LOW_BITS = 0x11111111
const BLOCKS_MIN = 1
/** One block for 8 entries, 8 bytes an entry; for 16 in large caches, where it is memory that counts. */
const ENTRIES_PER_BLOCK = 8
const ENTRIES_PER_BLOCK_LARGE = 16
const LARGE_ENTRIES = 500_000

/**
 * Counts how often keys were used lately: a count-min sketch of 4-bit counters that are all halved when the
 * sample is full (Einziger, Friedman, Manes: TinyLFU, ACM TOS 2017, section 3).
 */
export class FrequencySketch {
  #words = new Int32Array(BLOCKS_MIN * WORDS_PER_BLOCK)
  #blockMask = BLOCKS_MIN - 1
  #additions = 0
  #sampleSize: number

  constructor({ sampleSize }: { readonly sampleSize: number }) {
    this.#sampleSize = sampleSize
  }

  /** Grows for so many entries; what was counted stays: a key finds its counters in the copy of its old block. */
  ensureCapacity(o: { readonly entries: number; readonly sampleSize: number }): void {
    this.#sampleSize = o.sampleSize
    const perBlock = o.entries > LARGE_ENTRIES ? ENTRIES_PER_BLOCK_LARGE : ENTRIES_PER_BLOCK
    while ((this.#blockMask + 1) * perBlock < o.entries) {
      const words = new Int32Array(this.#words.length * 2)
      words.set(this.#words)
      words.set(this.#words, this.#words.length)
      this.#words = words
      this.#blockMask = this.#blockMask * 2 + 1
    }
  }

  /** @returns 0 to 15 */
  frequency(hash: number): number {
    const words = this.#words
    const counters = counterBits(hash)
    const block = (hash & this.#blockMask) * WORDS_PER_BLOCK
    const count0 = (words[block + ((counters >>> 3) & 3)]! >>> ((counters & 7) << 2)) & COUNTER_MAX
    const count1 = (words[block + 4 + ((counters >>> 8) & 3)]! >>> ((counters >>> 3) & 28)) & COUNTER_MAX
    const count2 = (words[block + 8 + ((counters >>> 13) & 3)]! >>> ((counters >>> 8) & 28)) & COUNTER_MAX
    const count3 = (words[block + 12 + ((counters >>> 18) & 3)]! >>> ((counters >>> 13) & 28)) & COUNTER_MAX
    return Math.min(count0, count1, count2, count3)
  }

  increment(hash: number): void {
    const words = this.#words
    const counters = counterBits(hash)
    const block = (hash & this.#blockMask) * WORDS_PER_BLOCK
    // Written out: this runs on every hit.
    const word0 = block + ((counters >>> 3) & 3)
    const shift0 = (counters & 7) << 2
    const word1 = block + 4 + ((counters >>> 8) & 3)
    const shift1 = ((counters >>> 5) & 7) << 2
    const word2 = block + 8 + ((counters >>> 13) & 3)
    const shift2 = ((counters >>> 10) & 7) << 2
    const word3 = block + 12 + ((counters >>> 18) & 3)
    const shift3 = ((counters >>> 15) & 7) << 2
    let isAdded = false
    if (((words[word0]! >>> shift0) & COUNTER_MAX) !== COUNTER_MAX) {
      words[word0]! += 1 << shift0
      isAdded = true
    }
    if (((words[word1]! >>> shift1) & COUNTER_MAX) !== COUNTER_MAX) {
      words[word1]! += 1 << shift1
      isAdded = true
    }
    if (((words[word2]! >>> shift2) & COUNTER_MAX) !== COUNTER_MAX) {
      words[word2]! += 1 << shift2
      isAdded = true
    }
    if (((words[word3]! >>> shift3) & COUNTER_MAX) !== COUNTER_MAX) {
      words[word3]! += 1 << shift3
      isAdded = true
    }
    if (isAdded && ++this.#additions >= this.#sampleSize) this.#halve()
  }

  #halve(): void {
    const words = this.#words
    let odd = 0
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!
      odd += bitCount(word & LOW_BITS)
      words[index] = (word >>> 1) & HALVED_MASK
    }
    // Every addition raised up to four counters; what the halving rounded off was added too.
    this.#additions = (this.#additions - (odd >>> 2)) >>> 1
  }
}

/** Other bits than those that choose the block, mixed anew: 5 for each row. */
function counterBits(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}

function bitCount(word: number): number {
  // At most one bit in each nibble: the product sums the nibbles into the highest one, 8 at most.
  return Math.imul(word, LOW_BITS) >>> 28
}
