import { Turns, type Clock, type Timer } from '@forgeone/common'
import { FAILURES_A_SECOND } from '../limits.ts'

const WINDOW_MS = 1000

/**
 * Looks at proofs one after another, and at none while as many as may be in a second were wrong: whoever tries learns no faster,
 * over however many connections.
 */
export class FailureGate {
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #turns: Turns = new Turns()
  /** Times of the last failures, in milliseconds of the clock that does not step back. */
  readonly #failures: number[] = []

  constructor({ clock, timer }: { readonly clock: Clock; readonly timer: Timer }) {
    this.#clock = clock
    this.#timer = timer
  }

  /** @param check must not throw; undefined is a failure */
  async admit<Outcome>(check: () => Promise<Outcome | undefined>): Promise<Outcome | undefined> {
    return await this.#turns.run(async () => {
      await this.#waitForRoom()
      const outcome = await check()
      if (outcome === undefined) this.#failures.push(this.#clock.monotonicMs())
      return outcome
    })
  }

  async #waitForRoom(): Promise<void> {
    for (;;) {
      const now = this.#clock.monotonicMs()
      while (this.#failures.length > 0 && now - this.#failures[0]! >= WINDOW_MS) this.#failures.shift()
      if (this.#failures.length < FAILURES_A_SECOND) return
      await this.#timer.pause(WINDOW_MS - (now - this.#failures[0]!))
    }
  }
}
