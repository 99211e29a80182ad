import { publishEvent } from '../platform/cache-events.ts'
import { Flights, type Flight } from './flights.ts'
import type { MemoryCacheSettings } from './memory-cache-options.ts'
import type { MemoryCacheCounters } from './memory-cache-stats.ts'
import { checkTest, type Lookup, type SetOptions } from './set-options.ts'

/** Gets a value from its source; undefined says that there is none. */
export type Loader<K, V> = (key: K, context: LoadContext<V>) => Promise<V | undefined> | V | undefined

/** What a loader may use. */
export interface LoadContext<V> {
  /** Aborted when every caller has gone. */
  readonly signal: AbortSignal
  /** The old value, when this is a refresh. */
  readonly stale: V | undefined
}

/** How one call loads. */
export interface GetOrLoadOptions extends SetOptions {
  readonly negativeTtlMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Load even when a fresh value is here. */
  readonly forceRefresh?: boolean | undefined
}

/** The loads of one cache: one at a time for each key, shared by all who ask. */
export class EntryLoads<K, V> {
  readonly #flights = new Flights<K, V>()
  readonly #lookup: (key: K) => Lookup<V>
  readonly #store: (key: K, value: V | undefined, options: SetOptions) => void
  readonly #counters: MemoryCacheCounters
  readonly #settings: MemoryCacheSettings<K, V>

  constructor(o: {
    readonly lookup: (key: K) => Lookup<V>
    readonly store: (key: K, value: V | undefined, options: SetOptions) => void
    readonly counters: MemoryCacheCounters
    readonly settings: MemoryCacheSettings<K, V>
  }) {
    this.#lookup = o.lookup
    this.#store = o.store
    this.#counters = o.counters
    this.#settings = o.settings
  }

  async getOrLoad(key: K, loader: Loader<K, V>, options: GetOrLoadOptions): Promise<V | undefined> {
    const { signal } = options
    signal?.throwIfAborted()
    const known = options.forceRefresh === true ? undefined : this.#lookup(key)
    if (known?.state === 'fresh') return known.value
    if (known?.state === 'negative') return undefined
    if (known?.state === 'stale') {
      this.#counters.stale++
      this.#refresh(key, loader, { ...options, stale: known.value })
      return known.value
    }
    const flight = this.#flights.get(key) ?? this.#start(key, loader, { ...options, stale: undefined })
    return await this.#flights.join(key, flight, signal)
  }

  drop(key: K): void {
    this.#flights.drop(key)
  }

  dropWhere(test: (key: K) => boolean): void {
    checkTest(test)
    this.#flights.dropWhere(test)
  }

  dropAll(): void {
    this.#flights.dropAll()
  }

  abortAll(): void {
    this.#flights.abortAll(new DOMException('the cache was disposed', 'AbortError'))
  }

  /** A failed refresh is counted and keeps the old value; so is one for which there is no room. */
  #refresh(key: K, loader: Loader<K, V>, options: GetOrLoadOptions & { readonly stale: V }): void {
    if (this.#flights.get(key) !== undefined) return
    try {
      this.#start(key, loader, options).waiters++
    } catch {
      this.#counters.loadErrors++
    }
  }

  #start(
    key: K,
    loader: Loader<K, V>,
    options: GetOrLoadOptions & { readonly stale: V | undefined },
  ): Flight<V> {
    return this.#flights.start(key, async (flight) => {
      const startedMs = this.#settings.clock.monotonicMs()
      const elapsedMs = (): number => this.#settings.clock.monotonicMs() - startedMs
      this.#counters.loads++
      try {
        // What a loader throws at once is a failed load as well.
        const value = await loader(key, { signal: flight.controller.signal, stale: options.stale })
        this.#counters.loadMs += elapsedMs()
        if (flight.isCurrent) this.#store(key, value, this.#storeOptions(value, options))
        publishEvent({ cache: this.#settings.name, event: 'loaded', ms: elapsedMs() })
        return value
      } catch (error) {
        this.#counters.loadErrors++
        publishEvent({ cache: this.#settings.name, event: 'load-failed', ms: elapsedMs() })
        throw error
      }
    })
  }

  #storeOptions(value: V | undefined, options: GetOrLoadOptions): SetOptions {
    if (value !== undefined) return options
    return { ttlMs: options.negativeTtlMs ?? this.#settings.negativeTtlMs }
  }
}
