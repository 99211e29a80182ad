/** A row to write; without a value it is deleted. */
export interface ShredRow {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/**
 * Durable home of shred keys. It lies outside the journal, snapshots and data backups, so that a restore of data does
 * not bring an erased key back.
 *
 * - `write` applies all rows or none, and they are durable when it settles.
 * - `purge` rewrites a range, so that deleted rows lie in none of its files any more.
 */
export interface ShredStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** Rows in key order, a page at a time; `from` inclusive, `to` exclusive. */
  scan(range: {
    readonly from: Uint8Array
    readonly to: Uint8Array
  }): AsyncIterable<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]>
  write(rows: readonly ShredRow[]): Promise<void>
  purge(range: { readonly from: Uint8Array; readonly to: Uint8Array }): Promise<void>
}
