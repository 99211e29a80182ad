/** Calls back later. Injected, so that a test decides when. */
export interface Timer {
  /** Calls `action` once, unless the function it returns is called before. Keeps no process alive. */
  after(delayMs: number, action: () => void): () => void
  /** Calls `action` every so often until the function it returns is called. Keeps no process alive. */
  every(intervalMs: number, action: () => void): () => void
  /** Settles after this time. */
  pause(durationMs: number): Promise<void>
}

export const systemTimer: Timer = {
  after(delayMs, action) {
    const timeout = setTimeout(action, delayMs)
    timeout.unref()
    return () => clearTimeout(timeout)
  },
  every(intervalMs, action) {
    const interval = setInterval(action, intervalMs)
    interval.unref()
    return () => clearInterval(interval)
  },
  pause: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
}
