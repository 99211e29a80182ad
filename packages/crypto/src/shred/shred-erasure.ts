import { toHex, type Clock, type Random } from '@forgeone/common'
import { fromBase64 } from '../kdf/strict-base64.ts'
import type { BucketKeyring } from './bucket-keys.ts'
import type { LedgeredRows } from './ledgered-rows.ts'
import type { StoredRow } from './shred-ledger.ts'
import {
  decodeErasure,
  encodeErasure,
  erasureRow,
  keysOfBucket,
  ownerRow,
  refOf,
  type ErasureRow,
} from './shred-rows.ts'
import type { ShredRow } from './shred-store.ts'

interface Erasing {
  readonly rows: LedgeredRows
  readonly buckets: BucketKeyring
  readonly clock: Clock
  readonly random: Random
  /** The key of a row, owned by the caller. */
  readonly unwrap: (ref: Uint8Array, wrapped: Uint8Array) => Uint8Array
}

/** Every step may be repeated: it looks at what is there. @returns the row as it stands in the register from then on */
export async function finishErasure(row: ErasureRow, o: Erasing): Promise<ErasureRow> {
  const { rows, buckets, clock } = o
  const gone = new Set(row.refs.map(toHex))
  const bucketKeys = [...row.bucketKeys]
  for (const bucket of new Set(row.refs.map((ref) => ref[0]!))) {
    if (buckets.find(bucket) === undefined) continue
    await buckets.beginReplacing(bucket)
    await rewrap(bucket, gone, o)
    // Named before it is dropped, or a crash in between would lose the name.
    const { older } = buckets.find(bucket)!
    if (older !== undefined && !bucketKeys.includes(older.id)) bucketKeys.push(older.id)
    await rows.write([{ key: erasureRow(row.id), value: encodeErasure({ ...row, bucketKeys }) }])
    await buckets.endReplacing(bucket)
    await rows.purge(keysOfBucket(bucket))
  }
  const owned =
    row.owner === undefined
      ? []
      : row.refs.map((ref) => ({ key: ownerRow(row.owner!, ref), value: undefined }))
  const done = { ...row, bucketKeys, doneMs: Math.max(clock.now(), row.startedMs, 1) }
  await rows.write([...owned, { key: erasureRow(row.id), value: encodeErasure(done) }])
  return done
}

/** Whether a row of the register, or what looks like one, tells of an erasure that was begun and not finished. */
export function isErasureUnderWay({ key, value }: StoredRow): boolean {
  if (key[0] !== ERASURE_KIND) return false
  try {
    return decodeErasure(key, value).doneMs === 0
  } catch {
    return true
  }
}

const ERASURE_KIND = 'e'.charCodeAt(0)

/** Wraps what survives in a bucket with its new key and deletes what does not, in one write. */
async function rewrap(
  bucket: number,
  gone: ReadonlySet<string>,
  { rows, buckets, random, unwrap }: Erasing,
): Promise<void> {
  const changed: ShredRow[] = []
  for await (const page of rows.scan(keysOfBucket(bucket))) {
    for (const { key: rowKey, value } of page) {
      const ref = refOf(rowKey)
      if (gone.has(toHex(ref))) {
        changed.push({ key: rowKey, value: undefined })
        continue
      }
      const key = unwrap(ref, value)
      const { current } = buckets.find(bucket)!
      const wrapped = fromBase64(current.wrapping.wrapFor({ place: ref, key, random }))!
      key.fill(0)
      changed.push({ key: rowKey, value: wrapped })
    }
  }
  if (changed.length > 0) await rows.write(changed)
}
