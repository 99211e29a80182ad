import type { InspectablePolicy, PolicyPart } from './policy.ts'
import { SlotLists } from './slot-lists.ts'

/** Uses above this are not told apart; one list each, so that every step takes constant time. */
const FREQUENCY_MAX = 255
/** Counts are halved after this many uses per entry, or yesterday's favourites would never leave. */
const AGING_USES_PER_ENTRY = 10

/** Drops what was used least often, the oldest among equals. */
export class LfuPolicy implements InspectablePolicy {
  readonly windowShare: undefined = undefined
  readonly #lists = new SlotLists(FREQUENCY_MAX + 1)
  #frequencies = new Uint8Array(0)
  #entries = 0
  #uses = 0
  /** No used slot has a lower frequency. */
  #lowest = 1

  grow(capacity: number): void {
    this.#lists.grow(capacity)
    const frequencies = new Uint8Array(capacity)
    frequencies.set(this.#frequencies)
    this.#frequencies = frequencies
  }

  onInsert(slot: number): void {
    this.#frequencies[slot] = 1
    this.#lists.append(1, slot)
    this.#lowest = 1
    this.#entries++
    this.#count()
  }

  onHit(slot: number): void {
    const frequency = this.#frequencies[slot]!
    if (frequency === FREQUENCY_MAX) this.#lists.renew(FREQUENCY_MAX, slot)
    else {
      this.#lists.unlink(slot)
      this.#lists.append(frequency + 1, slot)
      this.#frequencies[slot] = frequency + 1
    }
    this.#count()
  }

  onWeight(): void {}

  onRemove(slot: number): void {
    this.#lists.unlink(slot)
    this.#entries--
  }

  parts(): readonly PolicyPart[] {
    return Array.from({ length: FREQUENCY_MAX }, (_, index) => ({ slots: this.#lists.slots(index + 1) }))
  }

  victim(): number {
    while (this.#lowest < FREQUENCY_MAX && this.#lists.isEmpty(this.#lowest)) this.#lowest++
    return this.#lists.oldest(this.#lowest)
  }

  #count(): void {
    if (++this.#uses < AGING_USES_PER_ENTRY * this.#entries || this.#uses < FREQUENCY_MAX) return
    this.#uses = 0
    this.#lowest = 1
    for (let frequency = 2; frequency <= FREQUENCY_MAX; frequency++)
      this.#lists.splice(frequency, frequency >> 1)
    for (let slot = 0; slot < this.#frequencies.length; slot++)
      this.#frequencies[slot] = Math.max(1, this.#frequencies[slot]! >> 1)
  }
}
