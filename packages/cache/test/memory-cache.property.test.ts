import { ManualClock, SeededRandom } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENTRY_OVERHEAD_BYTES, MemoryCache, POLICIES, type PolicyName } from '../src/index.ts'

const names = Object.keys(POLICIES) as PolicyName[]
const MAX_ENTRIES = 6
const MAX_BYTES = 6 * (ENTRY_OVERHEAD_BYTES + 20)

type Step =
  | { readonly do: 'get' | 'delete' | 'peek' | 'has'; readonly key: string }
  | { readonly do: 'set'; readonly key: string; readonly length: number; readonly ttlMs: number | undefined }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'purge' | 'clear' }

const key = fc.integer({ min: 0, max: 11 }).map((number) => `k${number}`)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('get', 'delete', 'peek', 'has'), key }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key,
      length: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 300 })),
      ttlMs: fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('purge', 'clear') }) },
)

interface Known {
  readonly value: string
  readonly endsAt: number
}

function byteSum(cache: MemoryCache<string, string>, live: ReadonlyMap<string, Known>): number {
  let sum = 0
  for (const [name, known] of live) {
    if (cache.peek(name) === undefined) continue
    sum += 2 * name.length + ENTRY_OVERHEAD_BYTES + 2 * known.value.length
  }
  return sum
}

/** Runs the steps on the cache and a map that forgets nothing, and compares after each. */
function check(policy: PolicyName, steps: readonly Step[]): void {
  const clock = new ManualClock()
  let disposed = 0
  let inserted = 0
  const cache = new MemoryCache<string, string>({
    maxEntries: MAX_ENTRIES,
    maxBytes: MAX_BYTES,
    maxEntryBytes: MAX_BYTES / 2,
    policy,
    clock,
    random: new SeededRandom(9),
    jitter: 0,
    sweepIntervalMs: 0,
    onDispose: () => disposed++,
  })
  const model = new Map<string, Known>()
  for (const [index, one] of steps.entries()) {
    if (one.do === 'wait') clock.advance(one.ms)
    else if (one.do === 'purge') cache.purgeExpired()
    else if (one.do === 'clear') {
      cache.clear()
      model.clear()
    } else if (one.do === 'set') {
      const value = `${index}`.padEnd(one.length, '.')
      cache.set(one.key, value, { ttlMs: one.ttlMs })
      inserted++
      model.set(one.key, { value, endsAt: one.ttlMs === undefined ? Infinity : clock.now() + one.ttlMs })
    } else if (one.do === 'delete') {
      cache.delete(one.key)
      model.delete(one.key)
    } else if (one.do === 'has') cache.has(one.key)
    else {
      const found = one.do === 'get' ? cache.get(one.key) : cache.peek(one.key)
      const known = model.get(one.key)
      const expected = known !== undefined && clock.now() < known.endsAt ? known.value : undefined
      // It may have lost the entry; it never gives another one.
      if (found !== undefined) expect(found).toBe(expected)
    }
    expect(cache.size).toBeLessThanOrEqual(MAX_ENTRIES)
    expect(cache.bytes).toBeLessThanOrEqual(MAX_BYTES)
    // Expired entries still count until they are dropped.
    expect(cache.bytes).toBeGreaterThanOrEqual(byteSum(cache, model))
    expect(cache.size + disposed).toBe(inserted)
  }
  cache.purgeExpired()
  expect(cache.bytes).toBe(byteSum(cache, model))
}

describe.each(names)('policy %s against a map that forgets nothing', (policy) => {
  it('never gives a wrong value, never exceeds a bound, never loses count', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => check(policy, steps)),
      { numRuns: 150 },
    )
  })
})

/** The plainest LRU and FIFO that can be written. */
function naiveOrder(policy: 'lru' | 'fifo', keys: readonly string[], capacity: number): readonly string[] {
  const order: string[] = []
  for (const one of keys) {
    const at = order.indexOf(one)
    if (at !== -1 && policy === 'fifo') continue
    if (at !== -1) order.splice(at, 1)
    else if (order.length === capacity) order.shift()
    order.push(one)
  }
  return order.toSorted()
}

describe.each(['lru', 'fifo'] as const)('policy %s against an array', (policy) => {
  it('keeps exactly the same keys', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (keys, maxEntries) => {
        const cache = new MemoryCache<string, number>({ maxEntries, policy })
        for (const one of keys) if (cache.get(one) === undefined) cache.set(one, 1)
        expect([...cache.keys()].toSorted()).toEqual(naiveOrder(policy, keys, maxEntries))
      }),
      { numRuns: 300 },
    )
  })
})
