import { TimerWheel } from './timer-wheel.ts'

/** How old an entry is: `stale` ones may be handed out while a refresh runs, `gone` ones never. */
export type Freshness = 'fresh' | 'stale' | 'gone'

/** Expired entries dropped by one call of the cache, so that no call pays for many others. */
export const EXPIRED_PER_CALL = 64

/** When entries stop being fresh and when they end. Made when the first entry with an end comes. */
export class ExpiryTimes {
  readonly #wheel: TimerWheel
  #staleAt: Float64Array
  #goneAt: Float64Array

  constructor({ now, capacity }: { readonly now: number; readonly capacity: number }) {
    this.#wheel = new TimerWheel({ now, capacity })
    this.#staleAt = new Float64Array(capacity).fill(Infinity)
    this.#goneAt = new Float64Array(capacity).fill(Infinity)
  }

  /** Whether any entry has an end. */
  get isIdle(): boolean {
    return this.#wheel.isEmpty
  }

  grow(capacity: number): void {
    this.#wheel.grow(capacity)
    this.#staleAt = grown(this.#staleAt, capacity)
    this.#goneAt = grown(this.#goneAt, capacity)
  }

  set(slot: number, { staleAt, goneAt }: { readonly staleAt: number; readonly goneAt: number }): void {
    this.#staleAt[slot] = staleAt
    this.#goneAt[slot] = goneAt
    if (goneAt === Infinity) this.#wheel.remove(slot)
    else this.#wheel.schedule(slot, goneAt)
  }

  /** Gives an entry with an end another one, and the grace it had. */
  renew(slot: number, staleAt: number): void {
    if (!(this.#goneAt[slot]! < Infinity)) return
    this.set(slot, { staleAt, goneAt: staleAt + this.#goneAt[slot]! - this.#staleAt[slot]! })
  }

  remove(slot: number): void {
    this.#staleAt[slot] = this.#goneAt[slot] = Infinity
    this.#wheel.remove(slot)
  }

  clear(): void {
    this.#staleAt.fill(Infinity)
    this.#goneAt.fill(Infinity)
    this.#wheel.clear()
  }

  freshness(slot: number, now: number): Freshness {
    if (now < this.#staleAt[slot]!) return 'fresh'
    return now < this.#goneAt[slot]! ? 'stale' : 'gone'
  }

  staleAt(slot: number): number {
    return this.#staleAt[slot]!
  }

  goneAt(slot: number): number {
    return this.#goneAt[slot]!
  }

  /** Gives up to {@link EXPIRED_PER_CALL} slots that are gone to `remove`; what only changed its wheel goes back. */
  sweep(now: number, remove: (slot: number) => void): void {
    this.#wheel.advance(now)
    for (let count = 0; count < EXPIRED_PER_CALL; count++) {
      const slot = this.#wheel.takeDue()
      if (slot === -1) return
      if (this.#goneAt[slot]! <= now) remove(slot)
      else this.#wheel.schedule(slot, this.#goneAt[slot]!)
    }
  }
}

function grown(times: Float64Array, capacity: number): Float64Array {
  const larger = new Float64Array(capacity).fill(Infinity)
  larger.set(times)
  return larger
}
