import { toHex, type ObserverRow, type ObserverStore } from '@forgeone/common'
import { bundleOfIndexRow, INDEX_ROW_VALUE, INDEX_ROWS } from './index-row.ts'

/** Rows of one write, or a bundle's few more. */
const BATCH_ROWS = 1024
/** Bundles whose keys are held while all rows are gone through once: a few MiB. */
const CROWDED_AT_ONCE = 256

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
  const crowded = await crowdedBundles({ store, begin, expected })
  for (let at = 0; at < crowded.length; at += CROWDED_AT_ONCE) {
    const wanted = new Map<number, ReadonlySet<string>>()
    for (const bundle of crowded.slice(at, at + CROWDED_AT_ONCE))
      wanted.set(bundle, new Set((await keysOf(bundle)).map(toHex)))
    await removeOthers(store, wanted)
  }
}

/** Removes the rows of some bundles that are not wanted there. */
async function removeOthers(
  store: ObserverStore,
  wanted: ReadonlyMap<number, ReadonlySet<string>>,
): Promise<void> {
  for await (const page of store.scan(INDEX_ROWS)) {
    const others = page.filter(
      ({ key }) => wanted.get(bundleOfIndexRow(key) ?? -1)?.has(toHex(key)) === false,
    )
    if (others.length > 0) await store.write(others.map(({ key }) => ({ key, value: undefined })))
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
