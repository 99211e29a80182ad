/** One write. */
export type CacheWrite =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

/** Keys at or above `gte` and below `lt`, in the order of unsigned bytes. */
export interface CacheRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

/** What is read of a range. */
export interface CacheScan extends CacheRange {
  readonly reverse?: boolean | undefined
  readonly limit?: number | undefined
}

export interface CacheRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * An ordered store of bytes that a cache may lose but not mix up. A batch is applied whole or not at all, also across
 * a kill; it need not be durable. What a settled write wrote, later reads of this object see. Values that cannot be
 * trusted come back as zero bytes, which the cache never writes. Bytes given are borrowed; bytes returned are the
 * caller's.
 */
export interface CacheDatabase {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** In the order of the keys. */
  getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>
  batch(writes: readonly CacheWrite[]): Promise<void>
  iterate(scan: CacheScan): AsyncIterable<CacheRow>
  clear(range: CacheRange): Promise<void>
  /** Gives the space of deleted keys back, where the store can. */
  compact?(range: CacheRange): Promise<void>
  /** Bytes on disk, where the store can tell. */
  approximateBytes?(range: CacheRange): Promise<number>
  close(): Promise<void>
}
