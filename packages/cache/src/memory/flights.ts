import { ForgeError } from '@forgeone/common'

/** More loads at once than this means that the source cannot keep up; waiting longer would not help it. */
export const FLIGHTS_MAX = 1_024

/** One run of a loader that any number of callers wait for. */
export interface Flight<V> {
  readonly promise: Promise<V | undefined>
  readonly controller: AbortController
  /** Callers still waiting. A refresh in the background waits for itself. */
  waiters: number
  /** False once its key was set, deleted or invalidated: the result is no longer stored. */
  isCurrent: boolean
}

/** Loads under way, one for each key. */
export class Flights<K, V> {
  readonly #byKey = new Map<K, Flight<V>>()
  #running = 0

  get(key: K): Flight<V> | undefined {
    return this.#byKey.get(key)
  }

  /** @throws CACHE_OVERLOADED */
  start(key: K, run: (flight: Flight<V>) => Promise<V | undefined>): Flight<V> {
    if (this.#running >= FLIGHTS_MAX)
      throw new ForgeError('CACHE_OVERLOADED', `${FLIGHTS_MAX} loads are under way`)
    this.#running++
    const { promise, resolve, reject } = Promise.withResolvers<V | undefined>()
    const flight: Flight<V> = { promise, controller: new AbortController(), waiters: 0, isCurrent: true }
    // Whoever waits sees the failure; a flight that everybody has left fails unseen.
    promise.catch(() => undefined)
    this.#byKey.set(key, flight)
    run(flight)
      .finally(() => {
        this.#running--
        if (this.#byKey.get(key) === flight) this.#byKey.delete(key)
      })
      .then(resolve, reject)
    return flight
  }

  /** Waits for a flight. The last caller to abort aborts the loader. */
  async join(key: K, flight: Flight<V>, signal: AbortSignal | undefined): Promise<V | undefined> {
    flight.waiters++
    if (signal === undefined) return await flight.promise
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = (): void => {
      if (--flight.waiters === 0) {
        this.drop(key, flight)
        flight.controller.abort(signal.reason)
      }
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([flight.promise, aborted])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** What runs for the key is returned to its callers and not stored; later callers load anew. */
  drop(key: K, dropped?: Flight<V>): void {
    // Nearly always nothing is under way when something is set.
    if (this.#byKey.size === 0) return
    const flight = dropped ?? this.#byKey.get(key)
    if (flight === undefined) return
    flight.isCurrent = false
    if (this.#byKey.get(key) === flight) this.#byKey.delete(key)
  }

  dropAll(): void {
    for (const flight of this.#byKey.values()) flight.isCurrent = false
    this.#byKey.clear()
  }

  /** Drops the flights whose key the test is true for. */
  dropWhere(test: (key: K) => boolean): void {
    // A copy, since the test may change the cache.
    for (const [key, flight] of Array.from(this.#byKey)) if (test(key)) this.drop(key, flight)
  }

  abortAll(reason: unknown): void {
    for (const flight of this.#byKey.values()) {
      flight.isCurrent = false
      flight.controller.abort(reason)
    }
    this.#byKey.clear()
  }
}
