/** Long enough that giving way costs nothing, short enough that timers and other writers do not notice. */
const TURN_MS = 8
/** Writing goes round the loop several times for each group: beside it turns are as short as a group takes. */
const SHORT_TURN_MS = 0.5

/**
 * Whose turn it is on the event loop. Work that could go on without a pause, or whose awaits are all answered at
 * once, asks now and then and gives way when its turn is over: promises alone let neither timers nor input through.
 * A turn begins with the first question since the loop last went round, so that a call which comes alone never waits.
 */
export class Turn {
  readonly #monotonicMs: () => number
  #startedMs: number | undefined
  #hurries = 0
  /** Whose turn has ended, in their order. */
  readonly #waiting: (() => void)[] = []
  #isNextDue = false

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
    return now - this.#startedMs >= (this.#hurries > 0 ? SHORT_TURN_MS : TURN_MS)
  }

  /** Somebody goes round the loop and is waited for: turns are short until the function it returns is called. */
  hurry(): () => void {
    this.#hurries++
    return () => void this.#hurries--
  }

  /** Gives way if the turn is over. Cheaper where it is not: `if (turn.isOver) await turn.next()`. */
  async giveWay(): Promise<void> {
    if (this.isOver) await this.next()
  }

  /** Lets timers, input and other work through, and waits for another turn. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      this.#awaitNext()
    })
  }

  #awaitNext(): void {
    if (this.#isNextDue) return
    this.#isNextDue = true
    setImmediate(() => {
      this.#isNextDue = false
      this.#startedMs = undefined
      // Who waits from now on waits for the next time.
      this.#release(this.#waiting.length)
    })
  }

  /** One after another, as long as their turn lasts: a thousand that begin one each would have the loop for a thousand turns. */
  #release(count: number): void {
    if (count === 0 || this.isOver) {
      if (this.#waiting.length > 0) this.#awaitNext()
      return
    }
    this.#waiting.shift()!()
    // Behind all that it does before it waits for something.
    queueMicrotask(() => process.nextTick(() => this.#release(count - 1)))
  }
}

/** The turn of everything on this thread's event loop: a hundred calls that each begin one of their own would never give way. */
export const eventLoopTurn: Turn = new Turn()
