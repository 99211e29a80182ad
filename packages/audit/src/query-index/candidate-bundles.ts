import { isForgeError, type ObserverStore } from '@forgeone/common'
import { facilityOf } from './bundle-values.ts'
import type { IndexHasher } from './index-hasher.ts'
import { ValueBundles } from './value-bundles.ts'

/** What of a filter the index knows; all that are given must occur. */
export interface IndexedFilter {
  readonly who?: string | undefined
  readonly act?: string | undefined
  readonly resource?: string | undefined
}

/** Where a query finds the next bundle that may hold what it looks for. */
export interface Candidates {
  /** The first such bundle from this one on; asked for in ascending order. */
  next(bundle: number): Promise<number>
}

/**
 * The bundles in which every value of a filter occurs, though not all in one leaf: the leaves are filtered afterwards.
 * A bundle that is not in the index, or not surely in its rows yet, may hold anything.
 */
export class CandidateBundles implements Candidates {
  readonly #values: readonly ValueBundles[]
  readonly #begin: number
  #end: number

  /**
   * @param o.begin the first bundle in the index
   * @param o.end the one behind the last
   */
  constructor(o: {
    readonly hasher: IndexHasher
    readonly store: ObserverStore
    readonly filter: IndexedFilter
    readonly begin: number
    readonly end: number
  }) {
    const { store, end } = o
    this.#begin = o.begin
    this.#end = end
    this.#values = prefixesOf(o.filter, o.hasher).map((prefix) => new ValueBundles({ store, prefix, end }))
  }

  async next(bundle: number): Promise<number> {
    if (bundle < this.#begin || this.#values.length === 0) return bundle
    try {
      let found = bundle
      while (found < this.#end) {
        const nexts = await Promise.all(this.#values.map((value) => value.next(found)))
        const furthest = Math.max(...nexts)
        if (furthest === found) return found
        found = furthest
      }
      return Math.max(bundle, this.#end)
    } catch (error) {
      if (!isForgeError(error, 'RECORD_TAMPERED', 'DATABASE_DAMAGED')) throw error
      // Rows only save reading: without them every bundle is looked through. `verifyOwn` reports the damage.
      this.#end = bundle
      return bundle
    }
  }
}

function prefixesOf({ who, act, resource }: IndexedFilter, hasher: IndexHasher): readonly Uint8Array[] {
  return [
    ...(who === undefined ? [] : [hasher.prefix('who', who)]),
    ...(act === undefined ? [] : [hasher.prefix('act', act.endsWith('.*') ? facilityOf(act)! : act)]),
    ...(resource === undefined ? [] : [hasher.prefix('resource', resource)]),
  ]
}
