import { asBuffer } from '@forgeone/common'
import type { KeyRange, Row } from '../port/store.ts'

/** The rows of a database in memory, in the order of their keys. */
export class SortedRows {
  readonly #rows = new Map<string, Row>()
  /** In latin1, whose order is that of the bytes. */
  readonly #names: string[] = []

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(nameOf(key))?.value
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const name = nameOf(key)
    if (!this.#rows.has(name)) this.#names.splice(this.#placeOf(name), 0, name)
    this.#rows.set(name, { key, value })
  }

  delete(key: Uint8Array): void {
    const name = nameOf(key)
    if (this.#rows.delete(name)) this.#names.splice(this.#placeOf(name), 1)
  }

  /** The first rows of a range, or its last ones backward. */
  page({ from, to }: KeyRange, o: { readonly reverse: boolean; readonly rowsMax: number }): readonly Row[] {
    const start = from === undefined ? 0 : this.#placeOf(nameOf(from))
    const end = to === undefined ? this.#names.length : this.#placeOf(nameOf(to))
    const names = o.reverse
      ? this.#names.slice(Math.max(start, end - o.rowsMax), end).reverse()
      : this.#names.slice(start, Math.min(end, start + o.rowsMax))
    return names.map((name) => this.#rows.get(name)!)
  }

  /** Of the first name that is not before this one. */
  #placeOf(name: string): number {
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#names[middle]! < name) low = middle + 1
      else high = middle
    }
    return low
  }
}

function nameOf(key: Uint8Array): string {
  return asBuffer(key).toString('latin1')
}
