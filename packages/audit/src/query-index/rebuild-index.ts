import { toHex, type ObserverRow, type ObserverStore } from '@forgeone/common'
import { bundleOfIndexRow, INDEX_ROW_VALUE, INDEX_ROWS } from './index-row.ts'

/** Rows of one write, or a bundle's few more. */
const BATCH_ROWS = 1024

/**
 * Writes every row that some bundles must have, and then removes those that they must not. In this order a crash leaves
 * rows too many, which cost a query time, and never one too few, which would hide leaves from it.
 * @param o.begin the first bundle
 * @param o.end the one behind the last
 * @param o.keysOf the keys that the leaves of a bundle ask for
 * @throws RECORD_TAMPERED when a row that no bundle asks for does not open
 */
export async function rebuildIndex(o: {
  readonly store: ObserverStore
  readonly begin: number
  readonly end: number
  readonly keysOf: (bundle: number) => Promise<readonly Uint8Array[]>
}): Promise<void> {
  const { store, begin, end, keysOf } = o
  const rows: ObserverRow[] = []
  /** Rows that each bundle has to have. */
  const expected = new Uint16Array(Math.max(0, end - begin))
  for (let bundle = begin; bundle < end; bundle++) {
    const keys = await keysOf(bundle)
    expected[bundle - begin] = new Set(keys.map(toHex)).size
    for (const key of keys) rows.push({ key, value: INDEX_ROW_VALUE })
    if (rows.length >= BATCH_ROWS) await store.write(rows.splice(0))
  }
  if (rows.length > 0) await store.write(rows.splice(0))
  for (const bundle of await crowdedBundles({ store, begin, expected })) {
    const wanted = new Set((await keysOf(bundle)).map(toHex))
    const surplus: ObserverRow[] = []
    for await (const page of store.scan(INDEX_ROWS))
      for (const { key } of page)
        if (bundleOfIndexRow(key) === bundle && !wanted.has(toHex(key)))
          surplus.push({ key, value: undefined })
    await store.write(surplus)
  }
}

/** Bundles with more rows than they have to have: somebody added them. */
async function crowdedBundles(o: {
  readonly store: ObserverStore
  readonly begin: number
  readonly expected: Uint16Array
}): Promise<readonly number[]> {
  const { store, begin, expected } = o
  const counts = new Uint32Array(expected.length)
  for await (const page of store.scan(INDEX_ROWS))
    for (const { key } of page) {
      const at = (bundleOfIndexRow(key) ?? -1) - begin
      if (at >= 0 && at < counts.length) counts[at] = counts[at]! + 1
    }
  return [...counts.keys()].filter((at) => counts[at]! > expected[at]!).map((at) => at + begin)
}
