import type { Timer } from '../timer.ts'

interface Waiting {
  dueMs: number
  readonly everyMs: number | undefined
  readonly action: () => void
}

/** A timer whose time passes when a test says so. */
export class ManualTimer implements Timer {
  #nowMs = 0
  readonly #waiting = new Set<Waiting>()

  after(delayMs: number, action: () => void): () => void {
    return this.#wait({ dueMs: this.#nowMs + delayMs, everyMs: undefined, action })
  }

  every(intervalMs: number, action: () => void): () => void {
    return this.#wait({ dueMs: this.#nowMs + intervalMs, everyMs: intervalMs, action })
  }

  pause(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return void resolve()
      const cancel = this.after(durationMs, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        resolve()
      })
    })
  }

  /** Lets time pass: what comes due meanwhile is called in its order. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs
    for (;;) {
      const [next] = [...this.#waiting].sort((left, right) => left.dueMs - right.dueMs)
      if (next === undefined || next.dueMs > endMs) break
      this.#nowMs = next.dueMs
      if (next.everyMs === undefined) this.#waiting.delete(next)
      else next.dueMs += next.everyMs
      next.action()
    }
    this.#nowMs = endMs
  }

  /** How many actions are to come. */
  get waiting(): number {
    return this.#waiting.size
  }

  #wait(waiting: Waiting): () => void {
    this.#waiting.add(waiting)
    return () => void this.#waiting.delete(waiting)
  }
}
