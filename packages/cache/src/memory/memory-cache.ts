import { Disposals, type DisposeReason } from './disposals.ts'
import { EntryLoads, type GetOrLoadOptions, type Loader } from './entry-loads.ts'
import { entryGraceMs, entryTtlMs } from './entry-times.ts'
import { EntryWeights } from './entry-weights.ts'
import { ExpiryTimes } from './expiry-times.ts'
import { createKeyHash, type KeyHash } from './key-hash.ts'
import {
  memoryCacheSettings,
  noVictim,
  type MemoryCacheOptions,
  type MemoryCacheSettings,
} from './memory-cache-options.ts'
import { lengthened } from './lengthened.ts'
import { GETS_PER_MARK, MemoryCacheCounters, type MemoryCacheStats } from './memory-cache-stats.ts'
import { SweepTimer } from './sweep-timer.ts'
import { pack, unpack, type Packed } from './packing.ts'
import {
  ABSENT,
  checkLoadOptions,
  checkSetOptions,
  NEGATIVE,
  NO_OPTIONS,
  type Lookup,
  type SetOptions,
} from './set-options.ts'
import { hasListeners, publishEvent } from '../platform/cache-events.ts'
import { fractions, randomInt32 } from '../platform/platform-random.ts'
import type { Policy } from '../policy/policy.ts'

const SLOTS_FIRST = 16

/**
 * A cache in memory, bounded by entries, bytes or both; the bounds hold after every call.
 * `set(key, undefined)` remembers that there is no value.
 *
 * @example const cache = new MemoryCache<string, string>({ maxEntries: 1000, ttlMs: 60_000 })
 * @throws CACHE_CONFIG_INVALID
 */
export class MemoryCache<K, V> {
  readonly #settings: MemoryCacheSettings<K, V>
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #policy: Policy
  readonly #hash: KeyHash
  readonly #random: () => number
  readonly #disposals: Disposals<K, V> | undefined
  readonly #loads: EntryLoads<K, V>
  readonly #counters = new MemoryCacheCounters()
  readonly #slots = new Map<K, number>()
  #keys: (K | undefined)[] = []
  #values: (V | Packed | undefined)[] = []
  readonly #free: number[] = []
  /** Nothing is packed and hits renew nothing: the shortest path of `get`. */
  readonly #isPlain: boolean
  readonly #weights: EntryWeights<K, V>
  #expiry: ExpiryTimes | undefined
  readonly #timer: SweepTimer
  #slotCapacity = 0
  #bytes = 0
  #hits = 0
  #misses = 0
  #getsToMark = GETS_PER_MARK

  constructor(options: MemoryCacheOptions<K, V>) {
    const settings = memoryCacheSettings(options)
    this.#settings = settings
    this.#maxEntries = settings.maxEntries
    this.#maxBytes = settings.maxBytes
    this.#isPlain = settings.packing === undefined && !settings.renewOnHit
    this.#disposals = options.onDispose && new Disposals(options.onDispose)
    this.#hash = createKeyHash(randomInt32(settings.random))
    this.#random = fractions(randomInt32(settings.random))
    this.#weights = new EntryWeights(settings)
    this.#policy = settings.policy({
      // Asked only about a slot that is in use, whose key is set.
      host: {
        hashOf: (slot) => this.#hash(this.#keys[slot] as K),
        weightOf: (slot) => this.#weights.inPolicy(this.#weights.of(slot)),
        expiryOf: (slot) => this.#expiry?.goneAt(slot) ?? Infinity,
      },
      capacity: settings.maxBytes === Infinity ? settings.maxEntries : settings.maxBytes,
      maxEntries: settings.maxEntries,
      random: this.#random,
    })
    this.#loads = new EntryLoads({
      lookup: (key) => this.lookup(key),
      store: (key, value, storeOptions) => this.#store(key, value, storeOptions),
      counters: this.#counters,
      settings,
    })
    this.#timer = new SweepTimer({
      intervalMs: settings.sweepIntervalMs,
      sweep: () => this.purgeExpired() >= 0 && this.#expiry?.isIdle === false,
    })
    this.#grow()
  }

  get size(): number {
    return this.#slots.size
  }

  /** Bytes of all entries; 0 where bytes are neither bounded nor weighed. */
  get bytes(): number {
    return this.#bytes
  }

  /** @returns undefined when there is no fresh value */
  get(key: K): V | undefined {
    const now = this.#expiry === undefined ? 0 : this.#sweep()
    if (--this.#getsToMark === 0) this.#mark()
    const slot = this.#slots.get(key)
    if (slot === undefined || (this.#expiry !== undefined && this.#expiry.staleAt(slot) <= now)) {
      this.#misses++
      return undefined
    }
    if (!this.#isPlain) this.#renew(slot, now)
    this.#policy.onHit(slot)
    this.#hits++
    const value = this.#values[slot]
    if (value === undefined) {
      this.#counters.negative++
      return undefined
    }
    if (this.#isPlain) return value as V
    return unpack(this.#settings.packing, value)
  }

  /** Everything that is known of a key; counts and orders as `get` does. */
  lookup(key: K): Lookup<V> {
    const now = this.#expiry === undefined ? 0 : this.#sweep()
    if (--this.#getsToMark === 0) this.#mark()
    const slot = this.#slots.get(key)
    const freshness = slot === undefined ? 'gone' : (this.#expiry?.freshness(slot, now) ?? 'fresh')
    if (slot === undefined || freshness === 'gone') {
      this.#misses++
      return ABSENT
    }
    if (freshness === 'fresh') this.#renew(slot, now)
    this.#policy.onHit(slot)
    this.#hits++
    const value = unpack(this.#settings.packing, this.#values[slot])
    if (value !== undefined) return { state: freshness, value }
    this.#counters.negative++
    return NEGATIVE
  }

  /** The value without counting or ordering; also a stale one. */
  peek(key: K): V | undefined {
    const slot = this.#liveSlot(key)
    return slot === undefined ? undefined : unpack(this.#settings.packing, this.#values[slot])
  }

  /** Whether anything fresh is known of the key, also that there is no value. Counts and orders nothing. */
  has(key: K): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined) return false
    return this.#expiry === undefined || this.#settings.clock.monotonicMs() < this.#expiry.staleAt(slot)
  }

  /** Stores a value in the place of an older one, and lets no load under way do so. @throws CACHE_CONFIG_INVALID */
  set(key: K, value: V | undefined, options: SetOptions = NO_OPTIONS): this {
    if (options !== NO_OPTIONS) checkSetOptions(options)
    this.#loads.drop(key)
    this.#store(key, value, options)
    return this
  }

  /** @returns whether there was an entry */
  delete(key: K): boolean {
    this.#loads.drop(key)
    const slot = this.#slots.get(key)
    if (slot === undefined) return false
    this.#remove(slot, 'delete')
    this.#disposals?.tell()
    return true
  }

  /** Invalidates every entry and every load under way whose key the test is true for. @returns how many entries */
  invalidateWhere(test: (key: K) => boolean): number {
    this.#loads.dropWhere(test)
    let count = 0
    // A copy, since the test may change the cache.
    for (const key of Array.from(this.#slots.keys())) {
      const slot = test(key) ? this.#slots.get(key) : undefined
      if (slot === undefined) continue
      this.#remove(slot, 'invalidate')
      count++
    }
    publishEvent({ cache: this.#settings.name, event: 'invalidated', count })
    this.#disposals?.tell()
    return count
  }

  clear(): void {
    this.#loads.dropAll()
    for (const slot of this.#slots.values()) this.#remove(slot, 'clear')
    this.#disposals?.tell()
  }

  /**
   * The value, loaded when it is not here: once, however many callers ask meanwhile. Errors are not stored.
   * A loader that gives undefined says that there is no value, which is remembered for `negativeTtlMs`.
   * In the time of grace the old value is returned at once while one refresh runs.
   *
   * @throws CACHE_OVERLOADED, CACHE_CONFIG_INVALID, what the loader throws, and the reason of `signal`
   */
  async getOrLoad(key: K, loader: Loader<K, V>, options: GetOrLoadOptions = {}): Promise<V | undefined> {
    checkLoadOptions(loader, options)
    return await this.#loads.getOrLoad(key, loader, options)
  }

  /** Milliseconds for which the entry stays fresh: Infinity without an end, 0 without an entry. */
  remainingTtlMs(key: K): number {
    const slot = this.#liveSlot(key)
    if (slot === undefined) return 0
    return Math.max(0, (this.#expiry?.staleAt(slot) ?? Infinity) - this.#settings.clock.monotonicMs())
  }

  /** Drops everything that is gone, however much. @returns how many entries */
  purgeExpired(): number {
    const before = this.#slots.size
    const now = this.#settings.clock.monotonicMs()
    for (const slot of this.#slots.values()) {
      if (this.#expiry !== undefined && this.#expiry.goneAt(slot) <= now) this.#remove(slot, 'expire')
    }
    this.#disposals?.tell()
    return before - this.#slots.size
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value
  }

  /** Entries with a fresh value, in the order in which their keys came. */
  *entries(): IterableIterator<[K, V]> {
    for (const [key] of this.#slots) {
      const value = this.has(key) ? this.peek(key) : undefined
      if (value !== undefined) yield [key, value]
    }
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries()
  }

  stats(): MemoryCacheStats {
    return this.#counters.reading({
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#slots.size,
      bytes: this.#bytes,
      windowShare: this.#policy.windowShare,
    })
  }

  /** Stops the timer, aborts the loads and drops every entry. */
  [Symbol.dispose](): void {
    this.#timer.stop()
    this.#loads.abortAll()
    this.clear()
  }

  #store(key: K, value: V | undefined, options: SetOptions): void {
    const now = this.#expiry === undefined ? undefined : this.#sweep()
    const packed = pack(this.#settings.packing, value)
    const weight = this.#weights.weigh(key, packed, options.bytes)
    const known = this.#slots.get(key)
    if (weight > this.#settings.maxEntryBytes) {
      if (known !== undefined) this.#remove(known, 'set')
      this.#leave(value, key, 'refused')
    } else if (known === undefined) {
      const slot = this.#take(key, packed, weight)
      this.#setExpiry(slot, value, options, now)
      this.#policy.onInsert(slot)
    } else {
      const before = this.#replace(known, packed, weight)
      this.#setExpiry(known, value, options, now)
      this.#policy.onWeight(known, before)
      this.#policy.onHit(known)
      this.#makeRoom({ entries: 0, weight: 0 })
    }
    this.#disposals?.tell()
  }

  #take(key: K, value: V | Packed | undefined, weight: number): number {
    const slot = this.#slotFor(weight)
    this.#slots.set(key, slot)
    this.#keys[slot] = key
    this.#values[slot] = value
    this.#weights.set(slot, weight)
    this.#bytes += weight
    return slot
  }

  #slotFor(weight: number): number {
    if (this.#maxBytes === Infinity && this.#slots.size === this.#maxEntries && !hasListeners()) {
      // One leaves for the one that comes, and nobody looks on: its slot need not be emptied first.
      const victim = this.#policy.victim(1)
      this.#vacate(victim)
      this.#leave(this.#values[victim], this.#keys[victim] as K, 'evict')
      return victim
    }
    this.#makeRoom({ entries: 1, weight })
    const slot = this.#free.pop() ?? this.#slots.size
    if (slot === this.#slotCapacity) this.#grow()
    return slot
  }

  /** @returns what the old entry weighed for the policy */
  #replace(slot: number, value: V | Packed | undefined, weight: number): number {
    // A slot in use has a key.
    this.#leave(this.#values[slot], this.#keys[slot] as K, 'set')
    this.#values[slot] = value
    const before = this.#weights.of(slot)
    this.#weights.set(slot, weight)
    this.#bytes += weight - before
    return this.#weights.inPolicy(before)
  }

  #remove(slot: number, reason: DisposeReason): void {
    // A slot in use has a key.
    const key = this.#keys[slot] as K
    const value = this.#values[slot]
    this.#vacate(slot)
    this.#keys[slot] = undefined
    this.#values[slot] = undefined
    this.#free.push(slot)
    this.#leave(value, key, reason)
  }

  /** Takes a slot out of everything but its key and value. */
  #vacate(slot: number): void {
    const weight = this.#weights.of(slot)
    if (!this.#slots.delete(this.#keys[slot] as K)) throw noVictim(slot)
    this.#policy.onRemove(slot, this.#weights.inPolicy(weight))
    this.#expiry?.remove(slot)
    this.#bytes -= weight
  }

  #leave(value: V | Packed | undefined, key: K, reason: DisposeReason): void {
    this.#counters.countRemoved(reason)
    if (this.#disposals !== undefined) this.#disposals.add(unpack(this.#settings.packing, value), key, reason)
    if (hasListeners()) publishEvent({ cache: this.#settings.name, event: 'removed', reason, count: 1 })
  }

  /** Removes victims until both bounds hold, with what comes. */
  #makeRoom({ entries, weight }: { readonly entries: number; readonly weight: number }): void {
    while (this.#slots.size + entries > this.#maxEntries || this.#bytes + weight > this.#maxBytes)
      this.#remove(this.#policy.victim(this.#maxBytes === Infinity ? entries : weight), 'evict')
  }

  #grow(): void {
    this.#slotCapacity = Math.min(Math.max(SLOTS_FIRST, this.#slotCapacity * 2), this.#maxEntries)
    this.#policy.grow(this.#slotCapacity)
    this.#keys = lengthened(this.#keys, this.#slotCapacity)
    this.#values = lengthened(this.#values, this.#slotCapacity)
    this.#expiry?.grow(this.#slotCapacity)
    this.#weights.grow(this.#slotCapacity)
  }

  #setExpiry(slot: number, value: V | undefined, options: SetOptions, now: number | undefined): void {
    const ttlMs = entryTtlMs(value, options, this.#settings)
    if (ttlMs === Infinity) return this.#expiry?.remove(slot)
    const nowMs = now ?? this.#settings.clock.monotonicMs()
    this.#expiry ??= new ExpiryTimes({ now: nowMs, capacity: this.#slotCapacity })
    const staleAt = nowMs + ttlMs * (1 + this.#settings.jitter * (2 * this.#random() - 1))
    this.#expiry.set(slot, { staleAt, goneAt: staleAt + entryGraceMs(value, options, this.#settings) })
    this.#timer.start()
  }

  /** Before the policy hears of the hit: one orders by these times. */
  #renew(slot: number, now: number): void {
    if (this.#settings.renewOnHit && this.#values[slot] !== undefined)
      this.#expiry?.renew(slot, now + this.#settings.ttlMs)
  }

  /** Drops what has expired, a little for each call. @returns the time */
  #sweep(): number {
    const now = this.#settings.clock.monotonicMs()
    this.#expiry!.sweep(now, (slot) => this.#remove(slot, 'expire'))
    this.#disposals?.tell()
    return now
  }

  #liveSlot(key: K): number | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined || this.#expiry === undefined) return slot
    return this.#settings.clock.monotonicMs() < this.#expiry.goneAt(slot) ? slot : undefined
  }

  #mark(): void {
    this.#getsToMark = GETS_PER_MARK
    this.#counters.mark(this.#hits, this.#hits + this.#misses)
  }
}
