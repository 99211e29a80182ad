import type { InspectablePolicy, PolicyPart } from './policy.ts'
import { SlotLists } from './slot-lists.ts'

const ARRIVED = 0

/** Drops what came first, used or not. */
export class FifoPolicy implements InspectablePolicy {
  readonly windowShare: undefined = undefined
  readonly #lists = new SlotLists(1)

  grow(capacity: number): void {
    this.#lists.grow(capacity)
  }

  onInsert(slot: number): void {
    this.#lists.append(ARRIVED, slot)
  }

  onHit(): void {}

  onWeight(): void {}

  onRemove(slot: number): void {
    this.#lists.unlink(slot)
  }

  parts(): readonly PolicyPart[] {
    return [{ slots: this.#lists.slots(ARRIVED) }]
  }

  victim(): number {
    return this.#lists.oldest(ARRIVED)
  }
}
