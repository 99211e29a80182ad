import { entryBytes } from './entry-bytes.ts'
import { lengthenedNumbers } from './lengthened.ts'
import type { MemoryCacheSettings } from './memory-cache-options.ts'
import type { Packed } from './packing.ts'

/** What the entries of a cache weigh: in bytes, where any bound or size function asks for it, else nothing. */
export class EntryWeights<K, V> {
  readonly #weigh: MemoryCacheSettings<K, V>['weigh']
  /** The policy's bound counts bytes rather than entries. */
  readonly #policyCountsBytes: boolean
  #weights: Float64Array | undefined

  constructor({ maxBytes, weigh, hasEntryBound }: MemoryCacheSettings<K, V>) {
    this.#weigh = weigh
    this.#policyCountsBytes = maxBytes !== Infinity
    if (this.#policyCountsBytes || weigh !== undefined || hasEntryBound) this.#weights = new Float64Array(0)
  }

  grow(capacity: number): void {
    this.#weights &&= lengthenedNumbers(this.#weights, capacity)
  }

  /** @throws CACHE_CONFIG_INVALID when the size of the value is unknown */
  weigh(key: K, value: V | Packed | undefined, bytes: number | undefined): number {
    return this.#weights === undefined ? 0 : entryBytes({ key, value, bytes, weigh: this.#weigh })
  }

  of(slot: number): number {
    return this.#weights === undefined ? 0 : this.#weights[slot]!
  }

  set(slot: number, weight: number): void {
    if (this.#weights !== undefined) this.#weights[slot] = weight
  }

  /** A weight in the unit of the policy's bound: 1 where that counts entries, also when these are weighed. */
  inPolicy(weight: number): number {
    return this.#policyCountsBytes ? weight : 1
  }
}
