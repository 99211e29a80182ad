/** Runs changes one after another, so that what a change read still holds when it writes. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve()

  async run<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change)
    // A failed change does not stop those behind it.
    this.#last = turn.catch(() => undefined)
    return await turn
  }

  async idle(): Promise<void> {
    await this.#last
  }
}
