/** What one entry is stored with. */
export interface SetOptions {
  /** Infinity for no end; the cache's own time to live unless given. */
  readonly ttlMs?: number | undefined
  readonly graceMs?: number | undefined
  /** Bytes of the value, instead of what `weigh` would say. */
  readonly bytes?: number | undefined
}

/** What is known of a key: a value, that there is none (`negative`), or nothing (`absent`). */
export type Lookup<V> =
  | { readonly state: 'fresh' | 'stale'; readonly value: V }
  | { readonly state: 'negative' | 'absent'; readonly value?: undefined }
