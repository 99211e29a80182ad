import { isForgeError, toHex, type ObserverStore } from '@forgeone/common'
import { bundleOfIndexRow, INDEX_ROWS, isIndexRowValue } from './index-row.ts'

/** A bundle whose index rows are not those of its leaves. */
export interface IndexFault {
  /** Absent when it cannot be told which. */
  readonly bundle?: number
  readonly detail: string
}

/**
 * Every row that a bundle must have is there, and no other row is about that bundle: there are as many as there must
 * be. Rows of other bundles are garbage of a crash while pruning, or of another key, and are passed over.
 * @param o.begin the first bundle to compare
 * @param o.end the one behind the last
 * @param o.keysOf the keys that the leaves of a bundle ask for, undefined when they are none
 */
export async function findIndexFault(o: {
  readonly store: ObserverStore
  readonly begin: number
  readonly end: number
  readonly keysOf: (bundle: number) => Promise<readonly Uint8Array[] | undefined>
}): Promise<IndexFault | undefined> {
  const { store, begin, end, keysOf } = o
  // 16 bits are enough: 256 leaves have at most five values each.
  const left = new Uint16Array(Math.max(0, end - begin))
  for (let bundle = begin; bundle < end; bundle++) {
    const keys = await keysOf(bundle)
    if (keys === undefined) return { bundle, detail: `bundle ${bundle} holds what is no leaf` }
    const values = await orTampered(store.getMany(keys))
    if (values === undefined || !values.every((value) => value !== undefined && isIndexRowValue(value)))
      return { bundle, detail: `an index row of bundle ${bundle} is missing or malformed` }
    left[bundle - begin] = distinctKeys(keys)
  }
  try {
    for await (const page of store.scan(INDEX_ROWS))
      for (const { key } of page) {
        const bundle = bundleOfIndexRow(key)
        if (bundle === undefined) return { detail: 'the key of an index row is malformed' }
        const rest = left[bundle - begin]
        if (rest === 0)
          return { bundle, detail: `bundle ${bundle} has an index row that its leaves have not` }
        if (rest !== undefined) left[bundle - begin] = rest - 1
      }
  } catch (error) {
    if (!isForgeError(error, 'RECORD_TAMPERED')) throw error
    return { detail: `an index row cannot be read: ${error.message}` }
  }
  return undefined
}

/** Hashes of two values may be one: such values share their row. The first bytes of the hashes nearly always tell. */
function distinctKeys(keys: readonly Uint8Array[]): number {
  const beginnings = new Set(
    keys.map(
      (key) =>
        key[1]! + 256 * (key[2]! + 256 * (key[3]! + 256 * (key[4]! + 256 * (key[5]! + 256 * key[6]!)))),
    ),
  )
  return beginnings.size === keys.length ? keys.length : new Set(keys.map(toHex)).size
}

async function orTampered<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isForgeError(error, 'RECORD_TAMPERED')) return undefined
    throw error
  }
}
