/** Where time comes from. Injected, so that a test can replay a day in a millisecond. */
export interface Clock {
  /** Wall time in milliseconds since 1970; it may step back. */
  now(): number
  /** Milliseconds from an arbitrary start; it never steps back. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** A clock that stands still until it is moved, for tests and simulations. */
export class ManualClock implements Clock {
  #nowMs: number

  constructor(startMs: number = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  advance(milliseconds: number): void {
    this.#nowMs += milliseconds
  }
}
