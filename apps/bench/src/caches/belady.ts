/**
 * Hits of the optimum that knows the future (Belady, 1966): drop what is needed again last, or never. That may be the
 * newcomer itself, which a cache need not keep.
 */
export function beladyHits(keys: readonly (number | string)[], capacity: number): number {
  const nextUse = nextUses(keys)
  const cached = new Map<number | string, number>()
  const heap = new FarthestFirst()
  let hits = 0
  for (const [index, key] of keys.entries()) {
    const next = nextUse[index]!
    if (cached.has(key)) hits++
    cached.set(key, next)
    heap.add({ key, next })
    if (cached.size > capacity) cached.delete(heap.take((use) => cached.get(use.key) === use.next).key)
  }
  return hits
}

function nextUses(keys: readonly (number | string)[]): Float64Array {
  const next = new Float64Array(keys.length)
  const seen = new Map<number | string, number>()
  for (let index = keys.length - 1; index >= 0; index--) {
    // Keys that never come again differ, so that the heap has an order.
    next[index] = seen.get(keys[index]!) ?? Number.MAX_SAFE_INTEGER
    seen.set(keys[index]!, index)
  }
  return next
}

interface Use {
  readonly key: number | string
  readonly next: number
}

/** A binary heap whose outdated entries are passed over when they come out. */
class FarthestFirst {
  readonly #uses: Use[] = []

  add(use: Use): void {
    let position = this.#uses.push(use) - 1
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (this.#uses[parent]!.next >= use.next) break
      this.#uses[position] = this.#uses[parent]!
      position = parent
    }
    this.#uses[position] = use
  }

  take(isCurrent: (use: Use) => boolean): Use {
    for (;;) {
      const top = this.#uses[0]!
      this.#removeTop()
      if (isCurrent(top)) return top
    }
  }

  #removeTop(): void {
    const last = this.#uses.pop()!
    if (this.#uses.length === 0) return
    let position = 0
    for (;;) {
      let child = 2 * position + 1
      if (child >= this.#uses.length) break
      if (child + 1 < this.#uses.length && this.#uses[child + 1]!.next > this.#uses[child]!.next) child++
      if (this.#uses[child]!.next <= last.next) break
      this.#uses[position] = this.#uses[child]!
      position = child
    }
    this.#uses[position] = last
  }
}
