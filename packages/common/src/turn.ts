/** Long enough that giving way costs nothing, short enough that timers and other writers do not notice. */
const TURN_MS = 8

/**
 * Whose turn it is on the event loop. Work that could go on without a pause, or whose awaits are all answered at
 * once, asks now and then and gives way when its turn is over: promises alone let neither timers nor input through.
 * A turn begins with the first question since the loop last went round, so that a call which comes alone never waits.
 */
export class Turn {
  readonly #monotonicMs: () => number
  #startedMs: number | undefined

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs
  }

  /** Whether the event loop has waited for long enough. */
  get isOver(): boolean {
    const now = this.#monotonicMs()
    if (this.#startedMs === undefined) {
      this.#startedMs = now
      // The process may end meanwhile: a turn is no work.
      setImmediate(() => (this.#startedMs = undefined)).unref()
    }
    return now - this.#startedMs >= TURN_MS
  }

  /** Gives way if the turn is over. Cheaper where it is not: `if (turn.isOver) await turn.next()`. */
  async giveWay(): Promise<void> {
    if (this.isOver) await this.next()
  }

  /** Lets timers, input and other work through, and begins another turn. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    this.#startedMs = undefined
  }
}
