import { toHex, type ObserverRow } from '@forgeone/common'

/** Rows handed to the store that it may not have written yet: about 3 MiB of tiles and compressed bundles. */
export const RECENT_ROWS_MAX = 128

/** Rows are read here first, since the store writes what `observe` returns a moment later. */
export class RecentRows {
  readonly #rows = new Map<string, Uint8Array>()

  add(rows: readonly ObserverRow[]): void {
    for (const { key, value } of rows) {
      if (value !== undefined) this.#rows.set(toHex(key), value)
    }
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= RECENT_ROWS_MAX) return
      this.#rows.delete(oldest)
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.size === 0 ? undefined : this.#rows.get(toHex(key))
  }
}
