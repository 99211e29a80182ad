import { ForgeError, type ObserverStore } from '@forgeone/common'
import { bundleOfIndexRow, indexRowKey, isIndexRowValue } from './index-row.ts'

/** Index rows read at once: no iterator stays open while somebody looks at the leaves. */
const PAGE_ROWS = 512

/** The bundles of one value, ascending, from its index rows. */
export class ValueBundles {
  readonly #store: ObserverStore
  readonly #prefix: Uint8Array
  readonly #end: number
  #page: readonly number[] = []
  #at = 0
  #isLastPage = false

  /** @param o.end bundles below are looked for */
  constructor(o: { readonly store: ObserverStore; readonly prefix: Uint8Array; readonly end: number }) {
    this.#store = o.store
    this.#prefix = o.prefix
    this.#end = o.end
  }

  /**
   * The first bundle from this one on; asked for in ascending order.
   * @returns `end` when there is none @throws RECORD_TAMPERED, DATABASE_DAMAGED
   */
  async next(bundle: number): Promise<number> {
    for (;;) {
      while (this.#at < this.#page.length && this.#page[this.#at]! < bundle) this.#at++
      if (this.#at < this.#page.length) return this.#page[this.#at]!
      if (this.#isLastPage || bundle >= this.#end) return this.#end
      await this.#read(bundle)
    }
  }

  async #read(bundle: number): Promise<void> {
    const range = { from: indexRowKey(this.#prefix, bundle), to: indexRowKey(this.#prefix, this.#end) }
    const page: number[] = []
    for await (const rows of this.#store.scan(range, { limit: PAGE_ROWS }))
      for (const { key, value } of rows) page.push(bundleOf(key, value))
    this.#page = page
    this.#at = 0
    this.#isLastPage = page.length < PAGE_ROWS
  }
}

function bundleOf(key: Uint8Array, value: Uint8Array): number {
  const bundle = bundleOfIndexRow(key)
  if (bundle !== undefined && isIndexRowValue(value)) return bundle
  throw new ForgeError('DATABASE_DAMAGED', 'a row of the query index is malformed')
}
