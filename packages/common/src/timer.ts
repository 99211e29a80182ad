/** Calls back later. Injected, so that a test decides when. */
export interface Timer {
  /** Calls `action` once, unless the function it returns is called before. Keeps no process alive. */
  after(delayMs: number, action: () => void): () => void
  /** Calls `action` every so often until the function it returns is called. Keeps no process alive. */
  every(intervalMs: number, action: () => void): () => void
  /** Settles after this time, or once the signal says that nobody waits any more. */
  pause(durationMs: number, signal?: AbortSignal): Promise<void>
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
  pause: (durationMs, signal) =>
    new Promise((resolve) => {
      const timeout = setTimeout(end, durationMs)
      function end(): void {
        clearTimeout(timeout)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      if (signal?.aborted === true) end()
      else signal?.addEventListener('abort', end)
    }),
}
