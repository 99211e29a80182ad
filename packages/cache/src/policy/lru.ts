import type { Policy } from './policy.ts'
import { SlotLists } from './slot-lists.ts'

const USED = 0

/** Drops what was not used for the longest time. */
export class LruPolicy implements Policy {
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

  victim(): number {
    return this.#lists.oldest(USED)
  }
}
