/** About eight milliseconds of the slowest steps: how long a search inside one row holds the event loop. */
export const STEPS_PER_TURN = 400_000

/**
 * Steps that searches in texts may still take before the event loop gets its turn. What they count is the same on
 * every machine.
 */
export class StepBudget {
  readonly #stepsPerTurn: number
  #left: number
  #refilled = 0

  constructor(stepsPerTurn: number = STEPS_PER_TURN) {
    this.#stepsPerTurn = stepsPerTurn
    this.#left = stepsPerTurn
  }

  get left(): number {
    return this.#left
  }

  get isSpent(): boolean {
    return this.#left <= 0
  }

  /** All steps taken so far. */
  get used(): number {
    return this.#refilled + this.#stepsPerTurn - this.#left
  }

  take(steps: number): void {
    this.#left -= steps
  }

  /** A new turn began. */
  refill(): void {
    this.#refilled += this.#stepsPerTurn - this.#left
    this.#left = this.#stepsPerTurn
  }
}

/**
 * Thrown out of the test of a row when the budget is spent. The row is tested again in the next turn, and each search
 * in its text goes on where it was.
 */
export class SearchPaused extends Error {}
