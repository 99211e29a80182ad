import { randomFillSync } from 'node:crypto'

/** Where randomness comes from. Injected, so that a seed replays a run. */
export interface Random {
  /** @returns fresh bytes, owned by the caller */
  bytes(length: number): Uint8Array
}

export const systemRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
}

/** A repeatable stream (mulberry32) for tests and simulations; never for keys or nonces. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** @returns an integer at or above 0 and below `bound` */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}
