import { comparePositions } from '../entry/position.ts'
import type { Lease } from './lease.ts'

/** Waiting entries by the time they are due, at equal times in the order of the log: a binary heap. */
export class DueQueue {
  readonly #heap: Lease[] = []

  get size(): number {
    return this.#heap.length
  }

  /** When the first is due. */
  get firstMs(): number | undefined {
    return this.#heap[0]?.dueMs
  }

  add(lease: Lease): void {
    const heap = this.#heap
    let at = heap.push(lease) - 1
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!isBefore(lease, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = lease
  }

  /** Removes the first when it is due by then. */
  takeDue(nowMs: number): Lease | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs > nowMs) return undefined
    const last = this.#heap.pop()!
    if (last !== first) this.#sink(last)
    return first
  }

  leases(): readonly Lease[] {
    return this.#heap.slice()
  }

  /** Takes some out. @returns those that were there */
  delete(leases: ReadonlySet<Lease>): readonly Lease[] {
    const all = this.#heap.splice(0)
    for (const lease of all) if (!leases.has(lease)) this.add(lease)
    return all.filter((lease) => leases.has(lease))
  }

  clear(): readonly Lease[] {
    return this.#heap.splice(0)
  }

  #sink(lease: Lease): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, lease)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = lease
  }
}

function isBefore(left: Lease, right: Lease): boolean {
  if (left.dueMs !== right.dueMs) return left.dueMs < right.dueMs
  return comparePositions(left.position, right.position) < 0
}
