import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { ForgeError, ManualClock, SeededRandom } from '@forgeone/common'
import { describe, expect, it, vi } from 'vitest'
import {
  bytesPacking,
  CACHE_CHANNEL,
  MemoryCache,
  textPacking,
  type MemoryCacheOptions,
  type Policy,
} from '../src/index.ts'

describe('options', () => {
  it.each([
    [{}, 'maxEntries'],
    [{ maxEntries: 0 }, 'maxEntries'],
    [{ maxEntries: 1.5 }, 'maxEntries'],
    [{ maxEntries: 2 ** 30 }, 'maxEntries'],
    [{ maxBytes: -1 }, 'maxBytes'],
    [{ maxBytes: 100, maxEntryBytes: 200 }, 'maxEntryBytes'],
    [{ maxEntries: 1, ttlMs: Number.NaN }, 'ttlMs'],
    [{ maxEntries: 1, jitter: 1 }, 'jitter'],
    [{ maxEntries: 1, policy: 'random' }, 'policy'],
  ])('%j is refused by the name of its fault', (options, option) => {
    let failure: unknown
    try {
      // Wrong on purpose.
      const made = new MemoryCache(options as MemoryCacheOptions<string, string>)
      expect(made).toBeUndefined()
    } catch (error) {
      failure = error
    }
    expect(failure).toBeInstanceOf(ForgeError)
    expect((failure as ForgeError).details).toEqual({ option })
    expect((failure as ForgeError).code).toBe('CACHE_CONFIG_INVALID')
  })

  it('needs a size function for values whose size cannot be seen', () => {
    const cache = new MemoryCache<string, object>({ maxBytes: 10_000 })
    expect(() => cache.set('k', {})).toThrow('size of a value is unknown')
    expect(() => cache.set('k', {}, { bytes: Number.NaN })).toThrow('no size')
    cache.set('k', {}, { bytes: 10 })
    expect(cache.size).toBe(1)
  })
})

describe('times to live', () => {
  it('vary by the jitter, so that entries made together do not end together', () => {
    const clock = new ManualClock()
    const cache = new MemoryCache<number, number>({
      maxEntries: 2000,
      ttlMs: 1000,
      clock,
      sweepIntervalMs: 0,
    })
    for (let key = 0; key < 2000; key++) cache.set(key, key)
    const remaining = Array.from({ length: 2000 }, (_, key) => cache.remainingTtlMs(key))
    expect(Math.min(...remaining)).toBeGreaterThanOrEqual(900)
    expect(Math.max(...remaining)).toBeLessThanOrEqual(1100)
    expect(new Set(remaining).size).toBeGreaterThan(1000)
  })

  it('start anew with a hit when that is asked for', () => {
    const clock = new ManualClock()
    const cache = new MemoryCache<string, number>({
      maxEntries: 5,
      ttlMs: 100,
      jitter: 0,
      renewOnHit: true,
      clock,
    })
    cache.set('k', 1)
    for (let round = 0; round < 5; round++) {
      clock.advance(90)
      expect(cache.get('k')).toBe(1)
    }
    clock.advance(100)
    expect(cache.get('k')).toBeUndefined()
  })

  it('are kept by one timer when nobody calls, which no process waits for', () => {
    vi.useFakeTimers()
    try {
      const clock = new ManualClock()
      const cache = new MemoryCache<string, number>({
        maxEntries: 5,
        ttlMs: 1000,
        clock,
        sweepIntervalMs: 500,
      })
      cache.set('a', 1).set('b', 1)
      expect(vi.getTimerCount()).toBe(1)
      clock.advance(5000)
      vi.advanceTimersByTime(500)
      expect([cache.size, vi.getTimerCount()]).toEqual([0, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('of all lengths end when they should', () => {
    const clock = new ManualClock()
    const cache = new MemoryCache<number, number>({ maxEntries: 500, clock, jitter: 0, sweepIntervalMs: 0 })
    const random = new SeededRandom(4)
    const ends = Array.from({ length: 400 }, (_, key) => {
      const ttlMs = 1 + random.below(10 ** (1 + random.below(10)))
      cache.set(key, key, { ttlMs })
      return { key, at: clock.now() + ttlMs }
    })
    for (const { key, at } of ends.toSorted((left, right) => left.at - right.at)) {
      clock.advance(at - 1 - clock.now())
      if (clock.now() < at) expect(cache.get(key)).toBe(key)
      clock.advance(Math.max(0, at - clock.now()))
      expect(cache.get(key)).toBeUndefined()
    }
    clock.advance(10 ** 11)
    for (let call = 0; call < 20; call++) cache.get(-1)
    expect(cache.size).toBe(0)
  })
})

describe('packing', () => {
  it('gives texts and bytes back as they were, and counts their packed size', () => {
    const texts = new MemoryCache<string, string>({
      maxBytes: 100_000,
      packing: textPacking({ aboveBytes: 100 }),
    })
    const long = 'the same again '.repeat(1000)
    texts.set('short', 'short').set('long', long).set('odd', '\uD800'.repeat(500))
    expect([texts.get('short'), texts.get('long'), texts.get('odd')]).toEqual([
      'short',
      long,
      '\uD800'.repeat(500),
    ])
    expect(texts.bytes).toBeLessThan(3000)
    const bytes = new MemoryCache<string, Uint8Array>({
      maxEntries: 10,
      packing: bytesPacking({ aboveBytes: 10 }),
    })
    const noise = new SeededRandom(1).bytes(500)
    bytes.set('zero', new Uint8Array(5000)).set('noise', noise)
    expect([bytes.get('zero'), bytes.get('noise')]).toEqual([new Uint8Array(5000), noise])
    expect([...bytes.values()]).toEqual([new Uint8Array(5000), noise])
  })
})

describe('events', () => {
  it('name the cache and the reason, never a key', () => {
    const events: unknown[] = []
    const listen = (event: unknown): void => void events.push(event)
    subscribe(CACHE_CHANNEL, listen)
    const cache = new MemoryCache<string, number>({ maxEntries: 1, name: 'listings', policy: 'lru' })
    cache.set('secret', 1).set('b', 2)
    unsubscribe(CACHE_CHANNEL, listen)
    cache.delete('b')
    expect(events).toEqual([{ cache: 'listings', event: 'removed', reason: 'evict', count: 1 }])
  })
})

describe('a policy of the user', () => {
  it('orders the entries through the port', () => {
    const slots: number[] = []
    const newestFirst = (): Policy => ({
      windowShare: undefined,
      grow: () => undefined,
      onInsert: (slot) => void slots.push(slot),
      onHit: () => undefined,
      onWeight: () => undefined,
      onRemove: (slot) => void slots.splice(slots.indexOf(slot), 1),
      victim: () => slots.at(-1) ?? -1,
    })
    const cache = new MemoryCache<string, number>({ maxEntries: 2, policy: newestFirst })
    cache.set('a', 1).set('b', 2).set('c', 3)
    expect([...cache.keys()]).toEqual(['a', 'c'])
  })
})

describe('a set of keys chosen to collide', () => {
  /** Keys that a caller who knows the seed makes share all counters of one that is hot: the worst case. */
  it('cannot keep an entry out for ever that is used often', () => {
    const cache = new MemoryCache<number, number>({ maxEntries: 512, random: new SeededRandom(3) })
    // The attack: many victims with frequencies at their maximum.
    for (let round = 0; round < 16; round++)
      for (let key = 0; key < 512; key++) if (cache.get(key) === undefined) cache.set(key, 1)
    let hits = 0
    for (let request = 0; request < 60_000; request++) {
      const key = 10_000 + (request % 400)
      if (cache.get(key) === undefined) cache.set(key, 1)
      else hits++
    }
    expect(hits).toBeGreaterThan(40_000)
  })

  it('meets another order of counters in every cache', () => {
    const kept = [1, 2].map((seed) => {
      const cache = new MemoryCache<number, number>({ maxEntries: 64, random: new SeededRandom(seed) })
      const random = new SeededRandom(8)
      for (let request = 0; request < 5000; request++) {
        const key = random.below(400)
        if (cache.get(key) === undefined) cache.set(key, 1)
      }
      return [...cache.keys()].join()
    })
    expect(kept[0]).not.toBe(kept[1])
  })
})
