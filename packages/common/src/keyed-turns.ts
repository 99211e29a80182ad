import { Turns } from './turns.ts'

/** Actions of one key take turns; those of different keys do not wait for each other. */
export class KeyedTurns {
  readonly #turns = new Map<string, Turns>()
  readonly #waiting = new Map<string, number>()

  /** Without a key an action waits for nothing. */
  async run<T>(key: string | undefined, action: () => Promise<T>): Promise<T> {
    if (key === undefined) return await action()
    const turns = this.#turns.get(key) ?? new Turns()
    this.#turns.set(key, turns)
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
    try {
      return await turns.run(action)
    } finally {
      const left = this.#waiting.get(key)! - 1
      if (left > 0) this.#waiting.set(key, left)
      else {
        this.#waiting.delete(key)
        this.#turns.delete(key)
      }
    }
  }
}
