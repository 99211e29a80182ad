import { SeededRandom } from '@forgeone/common'

/** Ranks 0 to `keys` - 1, drawn by Zipf's law with exponent `skew`. */
export function zipfRanks(o: {
  readonly keys: number
  readonly skew: number
  readonly count: number
  readonly seed: number
}): Int32Array {
  const sums = new Float64Array(o.keys)
  let sum = 0
  for (let rank = 0; rank < o.keys; rank++) sums[rank] = sum += 1 / (rank + 1) ** o.skew
  const random = new SeededRandom(o.seed)
  return Int32Array.from({ length: o.count }, () => rankOf(sums, (random.below(2 ** 32) / 2 ** 32) * sum))
}

function rankOf(sums: Float64Array, point: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! < point) low = middle + 1
    else high = middle
  }
  return low
}

export interface KeyStream {
  readonly name: string
  readonly keys: readonly number[]
  /** Sizes at which it tells policies apart. */
  readonly capacities: readonly number[]
}

const REQUESTS = 200_000
const ZIPF_KEYS = 20_000
const SCAN_FIRST_KEY = 1_000_000_000

/** Traces that need no file: the same in every run. */
export function generatedStreams(): readonly KeyStream[] {
  const capacities = [250, 500, 1000, 2000, 4000]
  return [
    ...[0.7, 0.9, 0.99].map((skew) => ({ name: `zipf ${skew}`, keys: zipf(skew), capacities })),
    { name: 'zipf 0.9 with scans', keys: withScans(zipf(0.9)), capacities },
    { name: 'loop of 2,000', keys: repeat((index) => index % 2000), capacities: [500, 1000, 1500] },
    { name: 'scan', keys: repeat((index) => index), capacities: [1000] },
    { name: 'zigzag of 2,000', keys: repeat(zigzag), capacities: [500, 1000, 1500] },
    { name: 'mixed', keys: mixed(), capacities },
  ]
}

function zipf(skew: number): readonly number[] {
  return [...zipfRanks({ keys: ZIPF_KEYS, skew, count: REQUESTS, seed: 7 })]
}

function repeat(key: (index: number) => number): readonly number[] {
  return Array.from({ length: REQUESTS }, (_, index) => key(index))
}

function zigzag(index: number): number {
  const place = index % 4000
  return place < 2000 ? place : 3999 - place
}

/** After every 8,000 requests 4,000 keys that come once. */
function withScans(keys: readonly number[]): readonly number[] {
  let scanned = SCAN_FIRST_KEY
  return keys.flatMap((key, index) =>
    index % 8000 === 7999 ? [key, ...Array.from({ length: 4000 }, () => scanned++)] : [key],
  )
}

/** Phases of Zipf, loop and recency, 25,000 requests each. */
function mixed(): readonly number[] {
  const skewed = zipf(0.9)
  const random = new SeededRandom(11)
  return repeat((index) => {
    const phase = Math.floor(index / 25_000) % 3
    if (phase === 0) return skewed[index]!
    if (phase === 1) return 100_000 + (index % 3000)
    return 200_000 + Math.floor(index / 20) + random.below(200)
  })
}
