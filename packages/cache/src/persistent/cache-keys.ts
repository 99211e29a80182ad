import { concatBytes } from '@forgeone/common'
import type { CacheRange } from './cache-database.ts'
import { afterPrefix, getU48, u32, u48, viewOf } from '../table/fixed-bytes.ts'

/** First byte of every key. Values as in docs/format.md, "Persistent cache". */
export const KEY_KIND = { entry: 1, expiry: 2, recency: 3, vault: 4, state: 5 } as const

export const VAULT_KEY_BYTES = 16
/** Sessions are not concerned when everything else is invalidated: they live in this epoch for ever. */
export const SESSION_EPOCH = 0
export const FIRST_EPOCH = 1

/** How the place of an entry ends: the path itself, its SHA-256, or its HMAC in a sealed cache. */
export const PATH_FORM = { plain: 0, hashed: 1, keyed: 2 } as const

/** Where an entry lies; `place` is what comes after the path's form. */
export interface EntryPlace {
  readonly epoch: number
  readonly table: number
  readonly vaultKey: Uint8Array
  readonly generation: number
  readonly zoneIndex: number | undefined
  readonly page: number
  readonly form: number
  readonly path: Uint8Array
}

const EPOCH_AT = 1
const TABLE_AT = 5
const VAULT_AT = 6
const GENERATION_AT = VAULT_AT + VAULT_KEY_BYTES
const ZONE_AT = GENERATION_AT + 4
const INDEX_AT = ZONE_AT + 1
const PAGE_AT = INDEX_AT + 4
const FORM_AT = PAGE_AT + 2
const PATH_AT = FORM_AT + 1

/** `01 | epoch u32 | table u8 | vault key 16 B | generation u32 | zone u8 | index u32 | page u16 | form u8 | path` */
export function entryKey(place: EntryPlace): Uint8Array {
  const key = new Uint8Array(PATH_AT + place.path.length)
  const view = viewOf(key)
  key[0] = KEY_KIND.entry
  view.setUint32(EPOCH_AT, place.epoch)
  key[TABLE_AT] = place.table
  key.set(place.vaultKey, VAULT_AT)
  view.setUint32(GENERATION_AT, place.generation)
  key[ZONE_AT] = place.zoneIndex === undefined ? 0 : 1
  view.setUint32(INDEX_AT, place.zoneIndex ?? 0)
  view.setUint16(PAGE_AT, place.page)
  key[FORM_AT] = place.form
  key.set(place.path, PATH_AT)
  return key
}

export function epochOf(key: Uint8Array): number {
  return viewOf(key).getUint32(EPOCH_AT)
}

/** `02 | epoch u32 | expires u48 | entry key`, whose value is an {@link EntryUse}. */
export function expiryKey(entry: Uint8Array, expiresAt: number): Uint8Array {
  return concatBytes([Uint8Array.of(KEY_KIND.expiry), u32(epochOf(entry)), u48(expiresAt), entry])
}

export function expiryParts(key: Uint8Array): { readonly expiresAt: number; readonly entry: Uint8Array } {
  return { expiresAt: getU48(viewOf(key), 5), entry: key.slice(11) }
}

/** `03 | epoch u32 | bucket u32 | entry key`, whose value is what the entry takes with its rows. */
export function recencyKey(entry: Uint8Array, bucket: number): Uint8Array {
  return concatBytes([Uint8Array.of(KEY_KIND.recency), u32(epochOf(entry)), u32(bucket), entry])
}

export function recencyParts(key: Uint8Array): { readonly bucket: number; readonly entry: Uint8Array } {
  return { bucket: viewOf(key).getUint32(5), entry: key.slice(9) }
}

/** `04 | epoch u32 | vault key | generation u32`, whose value is the fingerprint of the source. */
export function vaultRow(o: {
  readonly epoch: number
  readonly vaultKey: Uint8Array
  readonly generation: number
}): Uint8Array {
  return concatBytes([Uint8Array.of(KEY_KIND.vault), u32(o.epoch), o.vaultKey, u32(o.generation)])
}

export function vaultRows(o: { readonly epoch: number; readonly vaultKey: Uint8Array }): CacheRange {
  return prefixRange(concatBytes([Uint8Array.of(KEY_KIND.vault), u32(o.epoch), o.vaultKey]))
}

export function generationOf(vaultRowKey: Uint8Array): number {
  return viewOf(vaultRowKey).getUint32(vaultRowKey.length - 4)
}

/** All keys of one kind in epochs at or above `from` and below `to`. */
export function epochRange(
  kind: number,
  { from, to }: { readonly from: number; readonly to: number },
): CacheRange {
  return {
    gte: concatBytes([Uint8Array.of(kind), u32(from)]),
    lt: to > 0xffff_ffff ? Uint8Array.of(kind + 1) : concatBytes([Uint8Array.of(kind), u32(to)]),
  }
}

/** Entries of one vault and table in generations below `below`. */
export function olderGenerations(o: {
  readonly epoch: number
  readonly table: number
  readonly vaultKey: Uint8Array
  readonly below: number
}): CacheRange {
  const prefix = concatBytes([
    Uint8Array.of(KEY_KIND.entry),
    u32(o.epoch),
    Uint8Array.of(o.table),
    o.vaultKey,
  ])
  return { gte: prefix, lt: concatBytes([prefix, u32(o.below)]) }
}

/** Entries at one place of the hierarchy: the path itself, or everything whose path begins with `path`. */
export function pathRange(place: EntryPlace, { below }: { readonly below: boolean }): CacheRange {
  const key = entryKey(place)
  return below ? prefixRange(key) : { gte: key, lt: concatBytes([key, Uint8Array.of(0)]) }
}

/** Everything of one zone and page, whatever the form of its path. */
export function zonePageRange(place: EntryPlace): CacheRange {
  return prefixRange(entryKey({ ...place, path: new Uint8Array(0) }).slice(0, FORM_AT))
}

export function prefixRange(prefix: Uint8Array): CacheRange {
  return { gte: prefix, lt: afterPrefix(prefix) }
}
