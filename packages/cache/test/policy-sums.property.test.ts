import { ManualClock, SeededRandom } from '@forgeone/common'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryCache, POLICIES, type MemoryCacheOptions, type PolicyName } from '../src/index.ts'
import type { InspectablePolicy, PolicyHost } from '../src/policy/policy.ts'

const names = Object.keys(POLICIES) as PolicyName[]

/** Calls between which a policy that goes wrong would never come back. */
const CALLS_MAX = 400

type Step =
  | { readonly do: 'get' | 'delete' | 'load' | 'invalidate'; readonly key: number }
  | {
      readonly do: 'set'
      readonly key: number
      readonly length: number
      readonly ttlMs: number | undefined
    }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'purge' | 'clear' }

const key = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 60 }))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('get', 'delete', 'load', 'invalidate'), key }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key,
      length: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 400 })),
      ttlMs: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('purge', 'clear') }) },
)

type Bounds = Pick<
  MemoryCacheOptions<number, string>,
  'maxEntries' | 'maxBytes' | 'maxEntryBytes' | 'weigh' | 'ttlMs' | 'renewOnHit'
>

const weigh = (value: string): number => value.length * 3
/** Every way to bound a cache, which the steps then fill. */
const BOUNDS: Readonly<Record<string, Bounds>> = {
  'one entry': { maxEntries: 1 },
  'three entries': { maxEntries: 3 },
  'many entries': { maxEntries: 40 },
  bytes: { maxBytes: 4_000 },
  'bytes for one entry': { maxBytes: 900, maxEntryBytes: 900 },
  'weighed bytes': { maxBytes: 6_000, weigh },
  'entries and bytes': { maxEntries: 12, maxBytes: 5_000 },
  'entries that are weighed': { maxEntries: 12, weigh },
  'entries, bytes and weights': { maxEntries: 12, maxBytes: 5_000, weigh },
  'entries that are renewed': { maxEntries: 12, ttlMs: 5_000, renewOnHit: true },
}
const TIMES: Readonly<Record<string, Bounds>> = { 'without an end': {}, 'with an end': { ttlMs: 20_000 } }

/** A cache whose policy can be looked into. */
function openCache(policy: PolicyName, bounds: Bounds, clock: ManualClock) {
  let inspected: InspectablePolicy | undefined
  let host: PolicyHost | undefined
  const cache = new MemoryCache<number, string>({
    ...bounds,
    clock,
    random: new SeededRandom(3),
    sweepIntervalMs: 0,
    policy: (settings) => {
      host = settings.host
      // The policies of the package can all be inspected.
      inspected = POLICIES[policy](settings) as InspectablePolicy
      return inspected
    },
  })
  return { cache, policy: inspected!, host: host! }
}

function take(cache: MemoryCache<number, string>, clock: ManualClock, one: Step): void {
  if (one.do === 'wait') clock.advance(one.ms)
  else if (one.do === 'purge') cache.purgeExpired()
  else if (one.do === 'clear') cache.clear()
  else if (one.do === 'set') cache.set(one.key, '.'.repeat(one.length), { ttlMs: one.ttlMs })
  else if (one.do === 'delete') cache.delete(one.key)
  else if (one.do === 'invalidate') cache.invalidateWhere((other) => other % 5 === one.key % 5)
  else if (one.do === 'load') cache.lookup(one.key)
  else cache.get(one.key)
}

/** Each list holds slots in use, all together each once, and weighs what the policy believes. */
function checkSums({ cache, policy, host }: ReturnType<typeof openCache>): void {
  const parts = policy.parts()
  const slots = parts.flatMap((part) => part.slots)
  expect(slots.length).toBe(cache.size)
  expect(new Set(slots).size).toBe(cache.size)
  for (const part of parts) {
    if (part.weight === undefined) continue
    expect(part.weight).toBe(part.slots.reduce((sum, slot) => sum + host.weightOf(slot), 0))
  }
}

function run(policy: PolicyName, bounds: Bounds, steps: readonly Step[]): void {
  const clock = new ManualClock()
  const opened = openCache(policy, bounds, clock)
  for (const one of steps) {
    take(opened.cache, clock, one)
    checkSums(opened)
  }
}

const cases = names.flatMap((policy) =>
  Object.keys(BOUNDS).flatMap((bound) => Object.keys(TIMES).map((time) => [policy, bound, time] as const)),
)

describe.each(cases)('policy %s bounded by %s, %s', (policy, bound, time) => {
  it('weighs what its lists weigh after every call, and every call returns', () => {
    const bounds = { ...TIMES[time]!, ...BOUNDS[bound]! }
    fc.assert(
      fc.property(fc.array(step, { maxLength: CALLS_MAX }), (steps) => run(policy, bounds, steps)),
      { numRuns: 20 },
    )
  })
})

it('a heap by time has the soonest end on top, also after hits renewed some', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const clock = new ManualClock()
      const bounds = { maxEntries: 12, ttlMs: 5_000, renewOnHit: true }
      const { cache, policy, host } = openCache('ttl', bounds, clock)
      for (const one of steps) {
        take(cache, clock, one)
        const [{ slots } = { slots: [] }] = policy.parts()
        const ends = slots.map((slot) => host.expiryOf(slot))
        if (ends.length > 0) expect(ends[0]).toBe(Math.min(...ends))
      }
    }),
  )
})
