import { ByteReader, ByteWriter, isForgeError, type ObserverRow, type ObserverStore } from '@forgeone/common'
import type { QueryIndex } from '../query-index/query-index.ts'
import { TILE_WIDTH } from '../tree/tile-path.ts'
import { bundleKey, MINIMUM_INDEX_KEY } from './row-keys.ts'

const VERSION = 1
/** Rows that are removed in one write, or a bundle's few more. */
const BATCH_ROWS = 1024

/** The index below which leaves were removed; 0 when none were. @throws DATABASE_DAMAGED */
export async function readMinimumIndex(store: ObserverStore): Promise<number> {
  const row = await store.get(MINIMUM_INDEX_KEY)
  if (row === undefined) return 0
  const reader = new ByteReader(row, { code: 'DATABASE_DAMAGED', what: 'the minimum index of the audit log' })
  const version = reader.u8()
  if (version !== VERSION) throw reader.failure(`the unknown version ${version}`)
  const index = reader.u64()
  reader.end()
  return index
}

/**
 * Removes bundles from one index up to another, and what the query index has of them; hashes stay. The new minimum is
 * durable first, so that a crash leaves garbage and never a leaf that is missing without a word.
 */
export async function removeBundles(o: {
  readonly store: ObserverStore
  readonly from: number
  readonly to: number
  readonly index: QueryIndex | undefined
}): Promise<void> {
  const { store, from, to } = o
  const minimum = new ByteWriter().u8(VERSION).u64(to).finish()
  await store.write([{ key: MINIMUM_INDEX_KEY, value: minimum }])
  let rows: ObserverRow[] = []
  for (let bundle = from / TILE_WIDTH; bundle < to / TILE_WIDTH; bundle++) {
    const key = bundleKey(bundle)
    for (const each of [key, ...(await indexKeys(bundle, o))]) rows.push({ key: each, value: undefined })
    if (rows.length < BATCH_ROWS) continue
    await store.write(rows)
    rows = []
  }
  if (rows.length > 0) await store.write(rows)
}

/** Of a bundle that is damaged they stay, as garbage. */
async function indexKeys(
  bundle: number,
  { store, index }: { readonly store: ObserverStore; readonly index: QueryIndex | undefined },
): Promise<readonly Uint8Array[]> {
  if (index === undefined) return []
  try {
    const row = await store.get(bundleKey(bundle))
    return row === undefined ? [] : index.keysOfBundle(bundle, row)
  } catch (error) {
    if (isForgeError(error, 'RECORD_TAMPERED')) return []
    throw error
  }
}
