/** Actions that take turns: each begins when the one before it has settled, whatever came of that one. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `action` behind everything that was asked for before. An action that waits for another turn never ends. */
  run<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(action)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Settles when nothing is under way and nothing waits. */
  async idle(): Promise<void> {
    for (let last: Promise<unknown> | undefined; last !== this.#last;) {
      last = this.#last
      await last
    }
  }
}
