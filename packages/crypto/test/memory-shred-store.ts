import { compareBytes, fromHex, toHex } from '@forgeone/common'
import type { ShredRow, ShredStore } from '../src/index.ts'

/** The shred store in memory; loses power after so many writes. */
export class MemoryShredStore implements ShredStore {
  readonly rows = new Map<string, Uint8Array>()
  writesLeft = Number.POSITIVE_INFINITY
  purges = 0

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.rows.get(toHex(key))
  }

  async *scan(range: { from: Uint8Array; to: Uint8Array }) {
    const keys = [...this.rows.keys()].map((key) => fromHex(key)!).sort(compareBytes)
    yield keys
      .filter((key) => compareBytes(key, range.from) >= 0 && compareBytes(key, range.to) < 0)
      .map((key) => ({ key, value: this.rows.get(toHex(key))! }))
  }

  async write(rows: readonly ShredRow[]): Promise<void> {
    if (this.writesLeft-- <= 0) throw new Error('the power is gone')
    for (const { key, value } of rows) {
      if (value === undefined) this.rows.delete(toHex(key))
      else this.rows.set(toHex(key), value)
    }
  }

  async purge(): Promise<void> {
    this.purges++
  }

  copy(): MemoryShredStore {
    const copy = new MemoryShredStore()
    for (const [key, value] of this.rows) copy.rows.set(key, value)
    return copy
  }
}
