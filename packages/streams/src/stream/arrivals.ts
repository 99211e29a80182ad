/** Tells who waits that entries became visible. */
export class Arrivals {
  #waiters: (() => void)[] = []
  readonly #watchers = new Set<() => void>()

  /** Settles at the next arrival, or when the signal aborts. */
  async next(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = (): void => resolve()
    this.#waiters.push(stop)
    signal?.addEventListener('abort', stop, { once: true })
    await promise
    // A tail waits as often as something is appended; its signal must not gather a listener each time.
    signal?.removeEventListener('abort', stop)
  }

  /** Calls `listener` at every arrival. @returns a function that ends it */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  announce(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
    for (const listener of this.#watchers) listener()
  }
}
