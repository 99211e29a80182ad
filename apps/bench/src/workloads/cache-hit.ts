import { MemoryCache, type PolicyName } from '@forgeone/cache'
import { LRUCache } from 'lru-cache'
import { zipfRanks } from '../caches/key-streams.ts'
import { compare, type ResultRow } from '../report/result-row.ts'
import { collectGarbage, Samples, type Workload, type WorkloadInput } from './workload.ts'

const SIZES = [1_000, 10_000, 100_000]
const MEMORY_ENTRIES = 1_000_000
const CALLS = 1_000_000
const SKEW = 0.99
const POLICIES_MEASURED: readonly PolicyName[] = ['w-tinylfu', 'lru']
const PEER = 'lru-cache'

interface AnyCache {
  get(key: string): object | undefined
  set(key: string, value: object): unknown
}

const VALUE = { answer: 42 }

/** Speed and memory of the caches beside lru-cache, call by call in turns. */
export const cacheHit: Workload = {
  name: 'cache-hit',
  summary: 'get of present keys, set with eviction, and bytes per entry, beside lru-cache; --entries N,…',
  async run({ entries = SIZES, runs, n = CALLS }: WorkloadInput): Promise<readonly ResultRow[]> {
    const rows: ResultRow[] = []
    for (const policy of POLICIES_MEASURED) {
      for (const size of entries) {
        rows.push(...gets({ policy, size, runs, calls: n }), ...sets({ policy, size, runs, calls: n }))
      }
      rows.push(...(await bytesPerEntry(policy)))
    }
    return rows
  },
}

interface Measure {
  readonly policy: PolicyName
  readonly size: number
  readonly runs: number
  readonly calls: number
}

function create(
  engine: string,
  { policy, size }: { readonly policy: PolicyName; readonly size: number },
): AnyCache {
  return engine === PEER
    ? new LRUCache<string, object>({ max: size })
    : new MemoryCache({ maxEntries: size, policy })
}

function keysOf(count: number): readonly string[] {
  const keys = Array.from({ length: count }, (_, index) =>
    // Through a buffer: texts put together from parts change their size when they are first used.
    Buffer.from(`user:${(index * 2_654_435_761) % 4_294_967_296}:profile`).toString('latin1'),
  )
  new Set(keys).clear()
  return keys
}

function gets({ policy, size, runs, calls }: Measure): readonly ResultRow[] {
  const keys = keysOf(size)
  const ranks = zipfRanks({ keys: size, skew: SKEW, count: calls, seed: 3 })
  // The same texts as the keys, but not the same objects: a caller seldom has those.
  const asked = keys.map((key) => Buffer.from(key).toString('latin1'))
  const caches = [PEER, 'forgeone'].map((engine) => ({ engine, cache: create(engine, { policy, size }) }))
  for (const { cache } of caches) for (const key of keys) cache.set(key, VALUE)
  const samples = new Samples()
  for (let run = -1; run < runs; run++) {
    for (const { engine, cache } of caches) {
      collectGarbage()
      const startedMs = performance.now()
      let found = 0
      for (let index = 0; index < ranks.length; index++) {
        if (cache.get(asked[ranks[index]!]!) !== undefined) found++
      }
      const elapsedMs = performance.now() - startedMs
      if (found !== calls) throw new Error(`${engine} lost ${calls - found} keys that fit`)
      // The first run warms up.
      if (run >= 0) samples.add(engine, calls / elapsedMs / 1000)
    }
  }
  return compare({
    workload: 'cache-hit',
    metric: `get ${policy} ${size}`,
    unit: 'M/s',
    better: 'higher',
    samples: samples.all,
  })
}

/** Every call brings a new key into a full cache. */
function sets({ policy, size, runs, calls }: Measure): readonly ResultRow[] {
  const count = Math.min(calls, 4 * size + 100_000)
  const keys = keysOf(size + count)
  const samples = new Samples()
  for (let run = -1; run < runs; run++) {
    for (const engine of [PEER, 'forgeone']) {
      const cache = create(engine, { policy, size })
      for (let index = 0; index < size; index++) cache.set(keys[index]!, VALUE)
      collectGarbage()
      const startedMs = performance.now()
      for (let index = size; index < keys.length; index++) cache.set(keys[index]!, VALUE)
      const elapsedMs = performance.now() - startedMs
      if (run >= 0) samples.add(engine, count / elapsedMs / 1000)
    }
  }
  return compare({
    workload: 'cache-hit',
    metric: `set ${policy} ${size}`,
    unit: 'M/s',
    better: 'higher',
    samples: samples.all,
  })
}

async function bytesPerEntry(policy: PolicyName): Promise<readonly ResultRow[]> {
  const keys = keysOf(MEMORY_ENTRIES)
  const samples = new Samples()
  // All stay alive until the end: what one frees must not be counted for the next.
  const caches: AnyCache[] = []
  for (const engine of [PEER, 'forgeone']) {
    const before = await usedBytes()
    const cache = create(engine, { policy, size: MEMORY_ENTRIES })
    for (const key of keys) cache.set(key, VALUE)
    caches.push(cache)
    samples.add(engine, ((await usedBytes()) - before) / MEMORY_ENTRIES)
  }
  for (const cache of caches)
    if (cache.get(keys[0]!) === undefined) throw new Error('a key that fits was lost')
  return compare({
    workload: 'cache-hit',
    metric: `memory ${policy}`,
    unit: 'B/entry',
    better: 'lower',
    samples: samples.all,
  })
}

/** Memory of typed arrays is given back by a task of its own, some time after the collection. */
async function usedBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
