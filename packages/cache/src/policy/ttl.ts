import type { InspectablePolicy, PolicyHost, PolicyPart } from './policy.ts'

const ABSENT = -1

/** Drops what would expire soonest; entries without an end last, the oldest of them first. A binary heap. */
export class TtlPolicy implements InspectablePolicy {
  readonly windowShare: undefined = undefined
  readonly #host: PolicyHost
  readonly #heap: number[] = []
  #positions = new Int32Array(0)
  /** Arrival numbers decide between equal expiries. */
  #arrivals = new Float64Array(0)
  #arrived = 0

  constructor({ host }: { readonly host: PolicyHost }) {
    this.#host = host
  }

  grow(capacity: number): void {
    const positions = new Int32Array(capacity).fill(ABSENT)
    positions.set(this.#positions)
    this.#positions = positions
    const arrivals = new Float64Array(capacity)
    arrivals.set(this.#arrivals)
    this.#arrivals = arrivals
  }

  onInsert(slot: number): void {
    this.#arrivals[slot] = this.#arrived++
    this.#heap.push(slot)
    this.#rise(this.#heap.length - 1, slot)
  }

  onHit(slot: number): void {
    // A hit may have renewed the entry's time.
    this.#settle(slot)
  }

  onWeight(slot: number): void {
    this.#settle(slot)
  }

  onRemove(slot: number): void {
    const position = this.#positions[slot]!
    this.#positions[slot] = ABSENT
    const last = this.#heap.pop()!
    if (last === slot) return
    this.#place(position, last)
    this.#settle(last)
  }

  /** The heap in its own order: a parent stands before its children and ends no later. */
  parts(): readonly PolicyPart[] {
    return [{ slots: [...this.#heap] }]
  }

  victim(): number {
    return this.#heap[0] ?? ABSENT
  }

  #settle(slot: number): void {
    this.#rise(this.#positions[slot]!, slot)
    this.#sink(this.#positions[slot]!, slot)
  }

  #rise(from: number, slot: number): void {
    let position = from
    while (position > 0) {
      const parent = (position - 1) >> 1
      const above = this.#heap[parent]!
      if (!this.#isBefore(slot, above)) break
      this.#place(position, above)
      position = parent
    }
    this.#place(position, slot)
  }

  #sink(from: number, slot: number): void {
    let position = from
    for (;;) {
      let child = 2 * position + 1
      if (child >= this.#heap.length) break
      if (child + 1 < this.#heap.length && this.#isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++
      if (!this.#isBefore(this.#heap[child]!, slot)) break
      this.#place(position, this.#heap[child]!)
      position = child
    }
    this.#place(position, slot)
  }

  #place(position: number, slot: number): void {
    this.#heap[position] = slot
    this.#positions[slot] = position
  }

  #isBefore(left: number, right: number): boolean {
    const difference = this.#host.expiryOf(left) - this.#host.expiryOf(right)
    // Infinity minus Infinity is NaN: equal.
    if (difference < 0) return true
    return !(difference > 0) && this.#arrivals[left]! < this.#arrivals[right]!
  }
}
