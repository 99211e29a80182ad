import { ByteReader, ByteWriter, ForgeError, type ObserverRow, type ObserverStore } from '@forgeone/common'
import { TILE_WIDTH } from '../tree/tile-path.ts'
import { bundleKey, MINIMUM_INDEX_KEY } from './row-keys.ts'

const VERSION = 1
/** Bundles that are removed in one write. */
const BATCH_BUNDLES = 1024

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
 * Removes bundles from one index up to another; hashes stay. The new minimum is durable first, so that a crash leaves
 * garbage and never a leaf that is missing without a word.
 */
export async function removeBundles(o: {
  readonly store: ObserverStore
  readonly from: number
  readonly to: number
}): Promise<void> {
  const { store, from, to } = o
  const minimum = new ByteWriter().u8(VERSION).u64(to).finish()
  await store.write([{ key: MINIMUM_INDEX_KEY, value: minimum }])
  const last = to / TILE_WIDTH
  for (let bundle = from / TILE_WIDTH; bundle < last; bundle += BATCH_BUNDLES) {
    const count = Math.min(BATCH_BUNDLES, last - bundle)
    const rows = Array.from({ length: count }, (_, offset): ObserverRow => {
      return { key: bundleKey(bundle + offset), value: undefined }
    })
    await store.write(rows)
  }
}

export function pruned(index: number, minimumIndex: number): ForgeError {
  return new ForgeError(
    'AUDIT_PRUNED',
    `leaf ${index} was pruned; the log has its leaves from ${minimumIndex}`,
    {
      details: { index, minimumIndex },
    },
  )
}
