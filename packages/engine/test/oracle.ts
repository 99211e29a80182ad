import type { LocalStore, Operation } from '../src/index.ts'
import { applyTo, FACTS, readRows, sortedRows, type Rows } from './model.ts'

/**
 * Knows every commit that was tried, in order. After a crash the store must show the state after some commit, at or
 * behind the last one that was durable, and every database must agree on it.
 */
export class Oracle {
  #states: Rows[] = [new Map()]
  /** Sequences of the commits; the state after commit `index` is `#states[index + 1]`. */
  #sequences: number[] = []
  #durable = 0

  /** An oracle that goes its own way from here on. */
  copy(): Oracle {
    const copy = new Oracle()
    copy.#states = [...this.#states]
    copy.#sequences = [...this.#sequences]
    copy.#durable = this.#durable
    return copy
  }

  /** The state after every commit that was tried. */
  get latest(): Rows {
    return this.#states.at(-1)!
  }

  /** @returns true when the store acknowledged the commit */
  async commit(
    store: LocalStore,
    operations: readonly Operation[],
    durability: 'sync' | 'relaxed' = 'sync',
  ): Promise<boolean> {
    let index = -1
    try {
      await store.commit(
        ({ sequence }) => {
          this.#sequences.push(sequence)
          this.#states.push(applyTo(this.latest, operations))
          index = this.#sequences.length
          return { facts: FACTS, operations }
        },
        { durability },
      )
      if (durability === 'sync') this.#durable = Math.max(this.#durable, index)
      return true
    } catch {
      return false
    }
  }

  /** Everything tried so far is durable: after a flush or a close that succeeded. */
  allDurable(): void {
    this.#durable = this.#sequences.length
  }

  /** Checks the state after a crash and forgets what did not survive. @returns what is wrong, if anything is */
  async settleAfterCrash(store: LocalStore): Promise<string | undefined> {
    const rows = JSON.stringify(sortedRows(await readRows(store)))
    const kept = this.#sequences.filter((sequence) => sequence <= store.sequence).length
    if (kept < this.#durable)
      return `${this.#durable - kept} durable commits are lost at sequence ${store.sequence}`
    const expected = JSON.stringify(sortedRows(this.#states[kept]!))
    if (expected !== rows)
      return `after sequence ${store.sequence} the rows are ${rows} instead of ${expected}`
    this.#sequences = this.#sequences.slice(0, kept)
    this.#states = this.#states.slice(0, kept + 1)
    this.#durable = kept
    return undefined
  }
}
