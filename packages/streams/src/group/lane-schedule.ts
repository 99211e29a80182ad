/** Shares of critical, high, normal and low, of 15 hand-outs. */
export const PRIORITY_SHARES: readonly number[] = [8, 4, 2, 1]

/**
 * Takes turns by shares, spread as evenly as they go: smooth weighted round robin. A lane that has nothing gives its
 * turn to the others and gathers no claim meanwhile.
 */
export class LaneSchedule {
  readonly #shares: readonly number[]
  readonly #credits: number[]

  constructor(shares: readonly number[]) {
    this.#shares = shares
    this.#credits = shares.map(() => 0)
  }

  /** @returns the lane whose turn it is among those that have something, undefined when none has */
  next(hasSome: (lane: number) => boolean): number | undefined {
    let chosen: number | undefined
    let total = 0
    for (let lane = 0; lane < this.#shares.length; lane++) {
      if (!hasSome(lane)) {
        this.#credits[lane] = 0
        continue
      }
      total += this.#shares[lane]!
      this.#credits[lane]! += this.#shares[lane]!
      if (chosen === undefined || this.#credits[lane]! > this.#credits[chosen]!) chosen = lane
    }
    if (chosen !== undefined) this.#credits[chosen]! -= total
    return chosen
  }
}
