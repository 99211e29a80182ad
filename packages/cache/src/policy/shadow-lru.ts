import { HashLru } from './hash-lru.ts'

/** Enough sampled entries for a fair comparison; the sample is thinned until about so many are left. */
const SAMPLED_ENTRIES = 256
/** Below such a change of its size the cache stays comparable with what was simulated. */
const RESIZE_SHARE = 0.1
/** Bits of the hash that nothing else uses choose the sample. */
const SAMPLE_SHIFT = 20
/** Differences are forgotten slowly: they are few. */
const MEMORY = 0.9
/** Fewer differences say nothing. */
const DIFFERENCES_MIN = 8
/** The real cache is called worse when that is beyond three standard deviations (McNemar's test). */
const DEVIATIONS = 3

/**
 * Simulates plain LRU for a sample of the keys, chosen by hash, in a cache scaled down alike (Waldspurger and others:
 * Cache Modeling and Optimization using Miniature Simulations, ATC 2017), and compares it with the real cache.
 */
export class ShadowLru {
  #lru = new HashLru(1)
  #sampleMask = 0
  #capacity = 1
  #hitsOfShadow = 0
  #hitsOfCache = 0

  /** @param entries how many the real cache holds */
  resize(entries: number): void {
    let rate = 1
    while (entries / rate > SAMPLED_ENTRIES) rate *= 2
    const sampleMask = (rate - 1) << SAMPLE_SHIFT
    const capacity = Math.max(1, Math.round(entries / rate))
    const isSimilar = Math.abs(capacity - this.#capacity) <= RESIZE_SHARE * this.#capacity
    if (sampleMask === this.#sampleMask && isSimilar) return
    this.#sampleMask = sampleMask
    this.#capacity = capacity
    this.#lru = new HashLru(capacity)
  }

  /** @param isHit whether the real cache had the key */
  record(hash: number, isHit: boolean): void {
    if ((hash & this.#sampleMask) === 0) this.#simulate(hash, isHit)
  }

  /** Whether LRU is clearly better; forgets a little at each call. */
  isBetter(): boolean {
    const differences = this.#hitsOfShadow + this.#hitsOfCache
    const lead = this.#hitsOfShadow - this.#hitsOfCache
    this.#hitsOfShadow *= MEMORY
    this.#hitsOfCache *= MEMORY
    return differences > DIFFERENCES_MIN && lead > DEVIATIONS * Math.sqrt(differences)
  }

  #simulate(hash: number, isHit: boolean): void {
    if (this.#lru.use(hash)) {
      if (!isHit) this.#hitsOfShadow++
    } else if (isHit) this.#hitsOfCache++
  }
}
