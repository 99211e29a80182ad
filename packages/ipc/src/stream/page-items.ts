/** The items of pages one by one; each step asks for a page only when the one before is used up. */
export class PageItems implements AsyncIterator<unknown> {
  readonly #pages: AsyncIterator<readonly unknown[]>
  #page: readonly unknown[] = []
  #at = 0
  #turn: Promise<unknown> | undefined

  constructor(pages: AsyncIterator<readonly unknown[]>) {
    this.#pages = pages
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#turn === undefined && this.#at < this.#page.length)
      return Promise.resolve({ done: false, value: this.#page[this.#at++] })
    // Steps that were asked for side by side are answered in their order.
    const turn = (this.#turn ?? Promise.resolve()).then(() => this.#step())
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turn === settled) this.#turn = undefined
      })
    this.#turn = settled
    return turn
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.#page = []
    await this.#pages.return?.()
    return { done: true, value }
  }

  async #step(): Promise<IteratorResult<unknown>> {
    while (this.#at >= this.#page.length) {
      const step = await this.#pages.next()
      if (step.done === true) return step
      this.#page = step.value
      this.#at = 0
    }
    return { done: false, value: this.#page[this.#at++] }
  }
}
