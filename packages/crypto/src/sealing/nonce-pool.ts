import type { Clock, Random } from '@forgeone/common'

/** Random bytes drawn at once: one system call for hundreds of nonces. */
export const NONCE_POOL_BYTES = 4096

/** A pool is discarded after this time, so that a resumed machine image repeats at most one pool. */
const NONCE_POOL_MS = 1000

/** Hands out random nonces. Never a counter: a restored copy would run it twice. */
export class NoncePool {
  readonly #random: Random
  readonly #clock: Clock
  #pool: Uint8Array = new Uint8Array(0)
  #next = 0
  #filledAtMs = 0

  constructor({ random, clock }: { random: Random; clock: Clock }) {
    this.#random = random
    this.#clock = clock
  }

  /** Writes `length` fresh bytes to `target` at `offset`. */
  draw(target: Uint8Array, offset: number, length: number): void {
    const nowMs = this.#clock.monotonicMs()
    if (this.#next + length > this.#pool.length || nowMs - this.#filledAtMs > NONCE_POOL_MS) {
      this.#pool = this.#random.bytes(NONCE_POOL_BYTES)
      this.#next = 0
      this.#filledAtMs = nowMs
    }
    for (let index = 0; index < length; index++) target[offset + index] = this.#pool[this.#next + index]!
    this.#next += length
  }
}
