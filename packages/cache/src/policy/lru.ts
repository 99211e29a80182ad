import type { InspectablePolicy, PolicyPart } from './policy.ts'
import { SlotLists } from './slot-lists.ts'

const USED = 0

/** Drops what was not used for the longest time. */
export class LruPolicy implements InspectablePolicy {
  readonly windowShare: undefined = undefined
  readonly #lists = new SlotLists(1)

  grow(capacity: number): void {
    this.#lists.grow(capacity)
  }

  onInsert(slot: number): void {
    this.#lists.append(USED, slot)
  }

  onHit(slot: number): void {
    this.#lists.renew(USED, slot)
  }

  onWeight(): void {}

  onRemove(slot: number): void {
    this.#lists.unlink(slot)
  }

  parts(): readonly PolicyPart[] {
    return [{ slots: this.#lists.slots(USED) }]
  }

  victim(): number {
    return this.#lists.oldest(USED)
  }
}
