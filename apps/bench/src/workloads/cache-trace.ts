import { basename } from 'node:path'
import { SeededRandom } from '@forgeone/common'
import { MemoryCache, POLICIES, type PolicyName } from '@forgeone/cache'
import { LRUCache } from 'lru-cache'
import { beladyHits } from '../caches/belady.ts'
import { generatedStreams } from '../caches/key-streams.ts'
import { readTrace } from '../caches/trace-file.ts'
import type { ResultRow } from '../report/result-row.ts'
import { median } from '../report/result-row.ts'
import type { Workload, WorkloadInput } from './workload.ts'

type Keys = readonly (number | string)[]

const CAPACITIES_DEFAULT = [250, 500, 750, 1000, 1250, 1500, 1750, 2000]
/** Seeds of hash and admission; the median is shown. */
const SEEDS = [1, 2, 3, 4, 5]
const BELADY = 'belady'
const PEER = 'lru-cache'

/** How many requests of a trace each policy answers, beside the optimum and lru-cache. */
export const cacheTrace: Workload = {
  name: 'cache-trace',
  summary: 'hit ratios of every cache policy, Belady and lru-cache; [--trace FILE]… --policy P --entries N,…',
  async run(input: WorkloadInput): Promise<readonly ResultRow[]> {
    const { traces, entries } = input
    const streams =
      traces?.map((trace) => {
        return { name: basename(trace), keys: readTrace(trace), capacities: CAPACITIES_DEFAULT }
      }) ?? generatedStreams()
    const rows: ResultRow[] = []
    for (const { name, keys, capacities } of streams) {
      const sizes = entries ?? capacities
      process.stdout.write(
        `\n${name}: ${keys.length} requests, ${new Set(keys).size} keys; hits in per cent\n`,
      )
      printLine(['policy', ...sizes.map(String)])
      for (const policy of chosenPolicies(input.policy)) {
        const ratios = sizes.map((size) => (100 * hitsOf(policy, keys, size)) / keys.length)
        printLine([policy, ...ratios.map((ratio) => ratio.toFixed(2))])
        for (const [index, value] of ratios.entries())
          rows.push({
            workload: 'cache-trace',
            engine: policy,
            metric: `${name} ${sizes[index]}`,
            value,
            unit: '% hits',
            ratio: null,
          })
      }
    }
    process.stdout.write('\n')
    return rows
  },
}

function chosenPolicies(named: string | undefined): readonly string[] {
  const all = [BELADY, ...Object.keys(POLICIES), PEER]
  if (named === undefined) return all
  if (!all.includes(named)) throw new Error(`"${named}" is no policy: ${all.join(', ')}`)
  return [named]
}

function hitsOf(policy: string, keys: Keys, capacity: number): number {
  if (policy === BELADY) return beladyHits(keys, capacity)
  if (policy === PEER) return countHits(new LRUCache<number | string, true>({ max: capacity }), keys)
  const seeds = policy === 'w-tinylfu' ? SEEDS : SEEDS.slice(0, 1)
  return median(seeds.map((seed) => policyHits({ policy: policy as PolicyName, keys, capacity, seed })))
}

/** Hits of one policy of ours, from an empty cache. */
export function policyHits(o: {
  readonly policy: PolicyName
  readonly keys: Keys
  readonly capacity: number
  readonly seed: number
}): number {
  const cache = new MemoryCache<number | string, true>({
    maxEntries: o.capacity,
    policy: o.policy,
    random: new SeededRandom(o.seed),
  })
  return countHits(cache, o.keys)
}

interface AnyCache {
  get(key: number | string): true | undefined
  set(key: number | string, value: true): unknown
}

function countHits(cache: AnyCache, keys: Keys): number {
  let hits = 0
  for (const key of keys) {
    if (cache.get(key) === true) hits++
    else cache.set(key, true)
  }
  return hits
}

function printLine(cells: readonly string[]): void {
  process.stdout.write(
    `${cells.map((cell, index) => (index === 0 ? cell.padEnd(12) : cell.padStart(8))).join('')}\n`,
  )
}
