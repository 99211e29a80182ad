import { ManualClock, SeededRandom } from '@forgeone/common'
import { describe, expect, it } from 'vitest'
import {
  MemoryCache,
  POLICIES,
  type DisposeReason,
  type MemoryCacheOptions,
  type PolicyName,
} from '../src/index.ts'

const names = Object.keys(POLICIES) as PolicyName[]

describe.each(names)('a cache with policy %s', (policy) => {
  const create = <V = number>(options: Partial<MemoryCacheOptions<string, V>> = {}) => {
    const clock = new ManualClock()
    const cache = new MemoryCache<string, V>({
      maxEntries: 3,
      policy,
      clock,
      random: new SeededRandom(1),
      jitter: 0,
      sweepIntervalMs: 0,
      ...options,
    })
    return { cache, clock }
  }

  it('gives back what was set, and undefined for what was not', () => {
    const { cache } = create()
    cache.set('a', 1).set('b', 2)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, 2, undefined])
  })

  it('replaces a value in place', () => {
    const { cache } = create()
    cache.set('a', 1).set('a', 2)
    expect([cache.get('a'), cache.size]).toEqual([2, 1])
  })

  it('deletes one entry and clears all', () => {
    const { cache } = create()
    cache.set('a', 1).set('b', 2)
    expect([cache.delete('a'), cache.delete('a'), cache.get('a')]).toEqual([true, false, undefined])
    cache.clear()
    expect([cache.size, cache.get('b')]).toEqual([0, undefined])
    cache.set('c', 3)
    expect(cache.get('c')).toBe(3)
  })

  it('never holds more entries than allowed', () => {
    const { cache } = create()
    for (let index = 0; index < 100; index++) {
      cache.set(`key ${index % 17}`, index)
      cache.get(`key ${index % 5}`)
      expect(cache.size).toBeLessThanOrEqual(3)
    }
    expect(cache.size).toBe(3)
  })

  it('never counts more bytes than allowed, and counts nothing when empty', () => {
    const { cache } = create<string>({ maxEntries: undefined, maxBytes: 2000 })
    for (let index = 0; index < 200; index++) {
      cache.set(`key ${index % 29}`, 'x'.repeat(index % 60))
      expect(cache.bytes).toBeLessThanOrEqual(2000)
      expect(cache.bytes).toBeGreaterThan(0)
    }
    cache.clear()
    expect(cache.bytes).toBe(0)
  })

  it('refuses an entry above the allowed size and forgets the old one under its key', () => {
    const reasons: DisposeReason[] = []
    const { cache } = create<string>({
      maxEntries: undefined,
      maxBytes: 4000,
      onDispose: (_value, _key, reason) => reasons.push(reason),
    })
    cache.set('a', 'small').set('a', 'x'.repeat(1000))
    expect([cache.get('a'), cache.bytes, reasons]).toEqual([undefined, 0, ['set', 'refused']])
  })

  it('stops giving an entry when its time is over', () => {
    const { cache, clock } = create({ ttlMs: 1000 })
    cache.set('a', 1).set('b', 2, { ttlMs: 5000 }).set('c', 3, { ttlMs: Infinity })
    clock.advance(999)
    expect(cache.get('a')).toBe(1)
    clock.advance(1)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 2, 3])
    clock.advance(10 ** 9)
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, 3])
  })

  it('drops expired entries while it is used for others', () => {
    const { cache, clock } = create({ maxEntries: 1000, ttlMs: 90_000 })
    for (let index = 0; index < 500; index++) cache.set(`old ${index}`, index)
    clock.advance(200_000)
    for (let call = 0; call < 40; call++) cache.get('absent')
    expect([cache.size, cache.stats().removed.expire]).toEqual([0, 500])
  })

  it('says why entries left', () => {
    const left: [string, DisposeReason][] = []
    const { cache, clock } = create({ onDispose: (_value, key, reason) => left.push([key, reason]) })
    cache.set('a', 1).set('a', 2).delete('a')
    cache.set('b', 1, { ttlMs: 1 })
    clock.advance(2)
    cache.purgeExpired()
    cache.set('c', 1)
    cache.invalidateWhere((key) => key === 'c')
    cache.set('d', 1).clear()
    expect(left).toEqual([
      ['a', 'set'],
      ['a', 'delete'],
      ['b', 'expire'],
      ['c', 'invalidate'],
      ['d', 'clear'],
    ])
  })

  it('lets the dispose callback use the cache', () => {
    const { cache } = create({
      maxEntries: 2,
      onDispose: (_value, key, reason) => {
        if (reason === 'evict') cache.delete(key)
        else if (key === 'x') cache.set('from the callback', 1)
      },
    })
    cache.set('x', 1).delete('x')
    expect(cache.get('from the callback')).toBe(1)
    for (let index = 0; index < 10; index++) cache.set(`k${index}`, index)
    expect(cache.size).toBe(2)
  })

  it('iterates over fresh values only', () => {
    const { cache, clock } = create()
    cache.set('a', 1).set('b', 2, { ttlMs: 5 }).set('none', undefined)
    clock.advance(6)
    expect([...cache]).toEqual([['a', 1]])
    expect([...cache.keys(), ...cache.values()]).toEqual(['a', 1])
  })

  it('remembers for a while that there is no value', () => {
    const { cache, clock } = create({ negativeTtlMs: 100 })
    cache.set('none', undefined)
    expect([cache.has('none'), cache.get('none'), cache.lookup('none').state]).toEqual([
      true,
      undefined,
      'negative',
    ])
    clock.advance(101)
    expect([cache.has('none'), cache.lookup('none').state]).toEqual([false, 'absent'])
  })

  it('counts hits and misses', () => {
    const { cache } = create()
    cache.set('a', 1)
    for (const key of ['a', 'a', 'b']) cache.get(key)
    expect(cache.stats()).toMatchObject({
      hits: 2,
      misses: 1,
      hitRate: 2 / 3,
      recentHitRate: 2 / 3,
      entries: 1,
    })
  })

  it('works with keys that are numbers, objects or symbols', () => {
    const cache = new MemoryCache<unknown, string>({ maxEntries: 8, policy })
    const keys = [1, 1.5, -1, { id: 1 }, Symbol('s'), null, true, 10n]
    for (const key of keys) cache.set(key, String(typeof key))
    expect(keys.map((key) => cache.get(key))).toEqual(keys.map((key) => String(typeof key)))
  })

  it('is empty and quiet after disposal', () => {
    const { cache } = create()
    cache.set('a', 1)
    cache[Symbol.dispose]()
    expect([cache.size, cache.get('a')]).toEqual([0, undefined])
  })
})

const survivors = (policy: PolicyName, use: (cache: MemoryCache<string, number>) => void): string[] => {
  const cache = new MemoryCache<string, number>({ maxEntries: 3, policy, jitter: 0, sweepIntervalMs: 0 })
  use(cache)
  return [...cache.keys()].sort()
}

const useFirst = (cache: MemoryCache<string, number>): void => {
  cache.set('a', 1).set('b', 1).set('c', 1).get('a')
  cache.set('d', 1)
}

describe('the order in which entries leave', () => {
  it('of lru: what was not used for the longest time', () => {
    expect(survivors('lru', useFirst)).toEqual(['a', 'c', 'd'])
    expect(survivors('fifo', useFirst)).toEqual(['b', 'c', 'd'])
  })

  it('of lfu: what was used least', () => {
    expect(
      survivors('lfu', (cache) => {
        cache.set('a', 1).set('b', 1).set('c', 1)
        for (const key of ['a', 'a', 'b', 'c', 'c']) cache.get(key)
        cache.set('d', 1).set('e', 1)
      }),
    ).toEqual(['a', 'c', 'e'])
  })

  it('of ttl: what would expire first', () => {
    expect(
      survivors('ttl', (cache) => {
        cache.set('a', 1, { ttlMs: 900 }).set('b', 1).set('c', 1, { ttlMs: 100 }).set('d', 1, { ttlMs: 500 })
        cache.set('e', 1, { ttlMs: 300 })
      }),
    ).toEqual(['a', 'b', 'e'])
  })

  it('of w-tinylfu: what came once leaves before what is used often', () => {
    const cache = new MemoryCache<string, number>({ maxEntries: 100, random: new SeededRandom(1) })
    for (let index = 0; index < 50; index++) cache.set(`hot ${index}`, 1)
    for (let round = 0; round < 5; round++) for (let index = 0; index < 50; index++) cache.get(`hot ${index}`)
    for (let index = 0; index < 5000; index++) cache.set(`once ${index}`, 1)
    const kept = [...cache.keys()].filter((key) => key.startsWith('hot')).length
    expect(kept).toBeGreaterThanOrEqual(45)
  })
})
