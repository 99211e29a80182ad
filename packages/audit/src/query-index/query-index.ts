import {
  assert,
  ByteReader,
  ByteWriter,
  equalBytes,
  ForgeError,
  isForgeError,
  utf8Decode,
  type ObserverRow,
  type ObserverStore,
} from '@forgeone/common'
import { decompressEntries } from '../bundle/compress-entries.ts'
import { splitEntries } from '../bundle/entry-form.ts'
import { TILE_WIDTH } from '../tree/tile-path.ts'
import { BundleValues, type IndexedFacts } from './bundle-values.ts'
import { CandidateBundles, type Candidates, type IndexedFilter } from './candidate-bundles.ts'
import { findIndexFault, type IndexFault } from './find-index-fault.ts'
import { IndexHasher } from './index-hasher.ts'
import { INDEX_ROW_VALUE, indexedFromKey, indexRowKey } from './index-row.ts'
import { readIndexedFacts } from './read-indexed-facts.ts'
import { rebuildIndex } from './rebuild-index.ts'

/** Bundles that are full, and can be read. */
export interface WrittenBundles {
  /** Those below were removed. */
  readonly begin: number
  /** Behind the last. */
  readonly end: number
  readonly entries: (bundle: number) => Promise<Uint8Array>
}

const STATE_VERSION = 1
const CHECK_BYTES = 8

/**
 * Rows that tell in which bundles an actor, an action or a resource occurs; docs/format.md, "Audit database". They come
 * with their bundle. Bundles that became full without an index, or under another key, are not in it. From which bundle
 * on it is complete is settled with each state: whoever settles without an index says nothing, and it begins anew.
 */
export class QueryIndex {
  readonly #hasher: IndexHasher
  readonly #open = new BundleValues()
  #store: ObserverStore | undefined
  #firstBundle = 0

  /** @param key 32 bytes, borrowed */
  constructor(key: Uint8Array) {
    this.#hasher = new IndexHasher(key)
  }

  /** Continues behind `size` leaves, of which `openEntries` are in no bundle yet. */
  async load(o: {
    readonly store: ObserverStore
    readonly size: number
    readonly openEntries: Uint8Array
  }): Promise<void> {
    const bundle = Math.floor(o.size / TILE_WIDTH)
    this.#store = o.store
    this.#firstBundle = o.size === 0 ? 0 : ((await this.#settledFirst(o)) ?? bundle)
    // Of a state that is lost the leaves are not known, and so not what else its bundle will hold.
    if (!addLeaves(this.#open, o.openEntries)) this.#firstBundle = bundle + 1
  }

  /** Takes note of the last of `size` leaves, and appends the rows of its bundle when that is full. */
  add(facts: IndexedFacts, size: number, rows: ObserverRow[]): void {
    this.#open.add(facts)
    if (size % TILE_WIDTH !== 0) return
    const bundle = size / TILE_WIDTH - 1
    if (bundle >= this.#firstBundle)
      for (const key of this.#keys(this.#open, bundle)) rows.push({ key, value: INDEX_ROW_VALUE })
    this.#open.clear()
  }

  /** `01 | first bundle u64 | check 8`. */
  settled(): Uint8Array {
    return new ByteWriter().u8(STATE_VERSION).u64(this.#firstBundle).bytes(this.#hasher.check).finish()
  }

  /** @param end bundles below are full, and their rows can be read */
  candidates(filter: IndexedFilter, end: number): Candidates {
    const begin = this.#firstBundle
    return new CandidateBundles({ hasher: this.#hasher, store: this.#loadedStore(), filter, begin, end })
  }

  /** The first bundle whose rows are not those of its leaves. @throws AUDIT_DIVERGED when it cannot be read */
  fault(o: WrittenBundles): Promise<IndexFault | undefined> {
    const keysOf = async (bundle: number): Promise<readonly Uint8Array[] | undefined> =>
      this.#keysOfEntries(bundle, await o.entries(bundle))
    const begin = Math.max(o.begin, this.#firstBundle)
    return findIndexFault({ store: this.#loadedStore(), begin, end: o.end, keysOf })
  }

  /**
   * Writes the rows of these bundles anew, those too that became full before there was an index.
   * @returns how many bundles are in the index now @throws AUDIT_DIVERGED, AUDIT_PRUNED, RECORD_TAMPERED, IO_FAILED
   */
  async rebuild({ begin, end, entries }: WrittenBundles): Promise<number> {
    const keysOf = async (bundle: number): Promise<readonly Uint8Array[]> => {
      const keys = this.#keysOfEntries(bundle, await entries(bundle))
      if (keys !== undefined) return keys
      throw new ForgeError('AUDIT_DIVERGED', `bundle ${bundle} holds what is no leaf`, {
        details: { bundle },
      })
    }
    await rebuildIndex({ store: this.#loadedStore(), begin, end, keysOf })
    // Of a bundle that is open the first leaves may be unknown: then the index goes on behind it.
    if (this.#firstBundle <= end) this.#firstBundle = begin
    return end - begin
  }

  /** The keys that a bundle has rows under. @returns none for what is no bundle */
  keysOfBundle(bundle: number, row: Uint8Array): readonly Uint8Array[] {
    const entries = decompressEntries(row)
    return (entries && this.#keysOfEntries(bundle, entries)) ?? []
  }

  #keysOfEntries(bundle: number, entries: Uint8Array): readonly Uint8Array[] | undefined {
    const values = new BundleValues()
    return addLeaves(values, entries) ? this.#keys(values, bundle) : undefined
  }

  #keys(values: BundleValues, bundle: number): readonly Uint8Array[] {
    return values.prefixes(this.#hasher).map((prefix) => indexRowKey(prefix, bundle))
  }

  /** @returns undefined when nothing was settled, or under another key */
  async #settledFirst(o: {
    readonly store: ObserverStore
    readonly size: number
  }): Promise<number | undefined> {
    try {
      const row = await o.store.get(indexedFromKey(o.size))
      if (row === undefined) return undefined
      const reader = new ByteReader(row, { code: 'DATABASE_DAMAGED', what: 'the state of the query index' })
      if (reader.u8() !== STATE_VERSION) return undefined
      const bundle = reader.u64()
      const isOurs = equalBytes(reader.bytes(CHECK_BYTES), this.#hasher.check)
      reader.end()
      return isOurs ? bundle : undefined
    } catch (error) {
      // Without it queries take longer and are no less right.
      if (isForgeError(error, 'RECORD_TAMPERED', 'DATABASE_DAMAGED')) return undefined
      throw error
    }
  }

  #loadedStore(): ObserverStore {
    assert(this.#store !== undefined, 'the query index was loaded')
    return this.#store
  }
}

/** @returns false when an entry is no leaf */
function addLeaves(values: BundleValues, entries: Uint8Array): boolean {
  const leaves = splitEntries(entries)?.map((entry) => readIndexedFacts(utf8Decode(entry)))
  if (leaves === undefined) return false
  for (const leaf of leaves) {
    if (leaf === undefined) return false
    values.add(leaf)
  }
  return true
}
