/** Runs something later. Injected, so that a test decides when later is. */
export interface Timer {
  /** @returns a function that calls it off */
  start(delayMs: number, run: () => void): () => void
}

/** Does not keep the process alive by itself. */
export const systemTimer: Timer = {
  start: (delayMs, run) => {
    const timeout = setTimeout(run, delayMs)
    timeout.unref()
    return () => clearTimeout(timeout)
  },
}
