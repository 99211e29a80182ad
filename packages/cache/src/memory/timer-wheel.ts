/** Ticks of 1 s, 65 s, 70 min and 37 h, as powers of two milliseconds; beyond the last one entries wait together. */
const LEVEL_SHIFTS: readonly number[] = [10, 16, 22, 27]
const LEVEL_BUCKETS: readonly number[] = [64, 64, 32, 64]
const LEVEL_STARTS: readonly number[] = [0, 64, 128, 160]
const OVERFLOW = 224
/** What a tick has passed and no call has looked at yet. */
const DUE = 225
const LISTS = 226
const UNLINKED = -1

/**
 * Slots by the time they end, coarsely: hierarchical timing wheels (Varghese and Lauck, 1987). Adding, moving and
 * removing take constant time. A slot comes out when its tick has passed; it may have to go back in.
 */
export class TimerWheel {
  #next: Int32Array
  #previous: Int32Array
  #now: number
  #count = 0

  constructor({ now, capacity }: { readonly now: number; readonly capacity: number }) {
    this.#now = now
    this.#next = new Int32Array(capacity + LISTS)
    this.#previous = new Int32Array(capacity + LISTS)
    this.clear()
  }

  grow(capacity: number): void {
    const next = new Int32Array(capacity + LISTS).fill(UNLINKED)
    next.set(this.#next)
    this.#next = next
    const previous = new Int32Array(capacity + LISTS)
    previous.set(this.#previous)
    this.#previous = previous
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  has(slot: number): boolean {
    return this.#next[slot + LISTS] !== UNLINKED
  }

  /** Adds a slot, or moves it when it is there. */
  schedule(slot: number, endMs: number): void {
    this.remove(slot)
    this.#count++
    this.#link(this.#listFor(endMs), slot + LISTS)
  }

  remove(slot: number): void {
    if (!this.has(slot)) return
    const node = slot + LISTS
    const next = this.#next[node]!
    const previous = this.#previous[node]!
    this.#next[previous] = next
    this.#previous[next] = previous
    this.#next[node] = UNLINKED
    this.#count--
  }

  /** Turns the wheels. */
  advance(now: number): void {
    const before = this.#now
    if (now <= before) return
    this.#now = now
    for (let level = 0; level < LEVEL_SHIFTS.length; level++) {
      const unit = 2 ** LEVEL_SHIFTS[level]!
      const from = Math.floor(before / unit)
      const to = Math.floor(now / unit)
      if (to === from) return
      const buckets = LEVEL_BUCKETS[level]!
      // The tick that has begun comes out as well: its slots go down to a finer wheel.
      const ticks = Math.min(to - from + 1, buckets)
      for (let tick = 0; tick < ticks; tick++)
        this.#spliceToDue(LEVEL_STARTS[level]! + ((from + tick) % buckets))
      if (level === LEVEL_SHIFTS.length - 1) this.#spliceToDue(OVERFLOW)
    }
  }

  /** Takes one slot out whose tick has passed; -1 when there is none. */
  takeDue(): number {
    const node = this.#next[DUE]!
    if (node === DUE) return -1
    this.remove(node - LISTS)
    return node - LISTS
  }

  clear(): void {
    this.#next.fill(UNLINKED)
    for (let list = 0; list < LISTS; list++) this.#next[list] = this.#previous[list] = list
    this.#count = 0
  }

  #listFor(endMs: number): number {
    const away = endMs - this.#now
    for (let level = 0; level < LEVEL_SHIFTS.length; level++) {
      const unit = 2 ** LEVEL_SHIFTS[level]!
      const buckets = LEVEL_BUCKETS[level]!
      if (away >= unit * (buckets - 1)) continue
      return LEVEL_STARTS[level]! + (Math.floor(Math.max(endMs, this.#now) / unit) % buckets)
    }
    return OVERFLOW
  }

  #link(list: number, node: number): void {
    const last = this.#previous[list]!
    this.#next[last] = node
    this.#previous[node] = last
    this.#next[node] = list
    this.#previous[list] = node
  }

  #spliceToDue(list: number): void {
    const first = this.#next[list]!
    if (first === list) return
    const last = this.#previous[list]!
    const end = this.#previous[DUE]!
    this.#next[end] = first
    this.#previous[first] = end
    this.#next[last] = DUE
    this.#previous[DUE] = last
    this.#next[list] = this.#previous[list] = list
  }
}
