import { concatBytes } from '@forgeone/common'
import type { CacheDatabase, CacheRow } from './cache-database.ts'
import { entryKey, type EntryPlace } from './cache-keys.ts'
import { decodeEntry, encodeEntry, type EntryHeader } from './entry-value.ts'
import { viewOf } from '../table/fixed-bytes.ts'

/** Values stay below a mebibyte: LevelDB rewrites whole tables for each of its levels. */
export const PAGE_BODY_BYTES = 1_000_000
/** Pages are counted by sixteen bits; so much is never reached. */
const PAGES_MAX = 1024

/** What was stored at one place. */
export interface StoredEntry {
  readonly header: EntryHeader
  readonly body: Uint8Array
  readonly keys: readonly Uint8Array[]
}

/** The rows of an entry: one, or several when its body is long. Undefined when it is too long altogether. */
export function entryRows(
  place: EntryPlace,
  header: Omit<EntryHeader, 'isPaged'>,
  body: Uint8Array,
): readonly CacheRow[] | undefined {
  if (body.length <= PAGE_BODY_BYTES) return [row(place, { ...header, isPaged: false }, body)]
  const pages = Math.ceil((body.length + 2) / PAGE_BODY_BYTES)
  if (pages > PAGES_MAX) return undefined
  const count = new Uint8Array(2)
  viewOf(count).setUint16(0, pages)
  const whole = concatBytes([count, body])
  return Array.from({ length: pages }, (_, page) =>
    row(
      { ...place, page },
      { ...header, isPaged: true },
      whole.subarray(page * PAGE_BODY_BYTES, (page + 1) * PAGE_BODY_BYTES),
    ),
  )
}

/** @returns `corrupt` when something is there that cannot be trusted */
export async function readEntry(
  database: CacheDatabase,
  place: EntryPlace,
): Promise<StoredEntry | 'corrupt' | undefined> {
  const key = entryKey(place)
  const value = await database.get(key)
  if (value === undefined) return undefined
  const first = decodeEntry(key, value)
  if (first === undefined) return 'corrupt'
  if (!first.header.isPaged) return { ...first, keys: [key] }
  if (first.body.length < 2) return 'corrupt'
  const pages = viewOf(first.body).getUint16(0)
  const keys = Array.from({ length: pages }, (_, page) => entryKey({ ...place, page }))
  const values = await database.getMany(keys.slice(1))
  const bodies = [first.body.subarray(2)]
  for (const [index, page] of values.entries()) {
    const decoded = page && decodeEntry(keys[index + 1]!, page)
    // Pages of another writing are not of this entry.
    if (decoded === undefined || !isSameWriting(decoded.header, first.header)) return 'corrupt'
    bodies.push(decoded.body)
  }
  return { header: first.header, body: concatBytes(bodies), keys }
}

function row(place: EntryPlace, header: EntryHeader, body: Uint8Array): CacheRow {
  const key = entryKey(place)
  return { key, value: encodeEntry(key, header, body) }
}

function isSameWriting(left: EntryHeader, right: EntryHeader): boolean {
  return (
    left.createdAt === right.createdAt &&
    left.expiresAt === right.expiresAt &&
    left.rawLength === right.rawLength
  )
}
