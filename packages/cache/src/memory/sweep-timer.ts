/** One timer for a cache that nobody calls; no process waits for it. */
export class SweepTimer {
  readonly #intervalMs: number
  readonly #sweep: () => boolean
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param o.sweep gives false when there is nothing left to wait for. An interval of 0 never sweeps. */
  constructor(o: { readonly intervalMs: number; readonly sweep: () => boolean }) {
    this.#intervalMs = o.intervalMs
    this.#sweep = o.sweep
  }

  start(): void {
    if (this.#timer !== undefined || this.#intervalMs === 0) return
    this.#timer = setInterval(() => {
      if (!this.#sweep()) this.stop()
    }, this.#intervalMs)
    // In a browser a timer is a number, and nothing waits for it.
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
