import { tellProgress } from '@forgeone/common'
/** Why an entry left: `refused` never came in, `set` was replaced. */
export type DisposeReason = 'evict' | 'set' | 'delete' | 'expire' | 'refused' | 'invalidate' | 'clear'

export const DISPOSE_REASONS: readonly DisposeReason[] = [
  'evict',
  'set',
  'delete',
  'expire',
  'refused',
  'invalidate',
  'clear',
]

/** A callback that puts back what it hears of goes on for ever; from here on the next call tells it. */
const ROUNDS_PER_CALL = 16

export type OnDispose<K, V> = (value: V | undefined, key: K, reason: DisposeReason) => void

/**
 * Tells about entries that left, after the call that removed them is done: the callback may use the cache.
 * What the callback throws reaches the caller, after all others were told.
 */
export class Disposals<K, V> {
  readonly #onDispose: OnDispose<K, V>
  #waiting: { readonly value: V | undefined; readonly key: K; readonly reason: DisposeReason }[] = []
  #isTelling = false

  constructor(onDispose: OnDispose<K, V>) {
    this.#onDispose = onDispose
  }

  add(value: V | undefined, key: K, reason: DisposeReason): void {
    this.#waiting.push({ value, key, reason })
  }

  tell(): void {
    if (this.#isTelling || this.#waiting.length === 0) return
    this.#isTelling = true
    const failures: unknown[] = []
    try {
      // What the callback removes is told in the next round.
      for (let rounds = 0; this.#waiting.length > 0 && rounds < ROUNDS_PER_CALL; rounds++) {
        const round = this.#waiting
        this.#waiting = []
        for (const { value, key, reason } of round) {
          try {
            tellProgress(this.#onDispose, value, key, reason)
          } catch (error) {
            failures.push(error)
          }
        }
      }
    } finally {
      this.#isTelling = false
    }
    if (failures.length > 0) throw failures[0]
  }
}
