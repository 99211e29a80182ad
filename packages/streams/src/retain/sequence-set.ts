/** Sequences of a page, one bit each. */
const PAGE_SEQUENCES = 32_768

/** A set of sequences in bits: an eighth of a byte for each one between the lowest and the highest, not a hundred. */
export class SequenceSet {
  readonly #pages = new Map<number, Uint8Array>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(sequence: number): void {
    const number = Math.floor(sequence / PAGE_SEQUENCES)
    let page = this.#pages.get(number)
    if (page === undefined) {
      page = new Uint8Array(PAGE_SEQUENCES / 8)
      this.#pages.set(number, page)
    }
    const bit = sequence % PAGE_SEQUENCES
    if (((page[bit >>> 3]! >>> (bit & 7)) & 1) === 0) this.#size++
    page[bit >>> 3]! |= 1 << (bit & 7)
  }

  has(sequence: number): boolean {
    const page = this.#pages.get(Math.floor(sequence / PAGE_SEQUENCES))
    const bit = sequence % PAGE_SEQUENCES
    return page !== undefined && ((page[bit >>> 3]! >>> (bit & 7)) & 1) === 1
  }
}
