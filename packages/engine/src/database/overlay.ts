import { asBuffer, type SealedOperation } from '@forgeone/common'

interface PendingRow {
  /** Undefined: deleted. */
  readonly sealed: Uint8Array | undefined
  readonly sequence: number
}

/**
 * Rows that are durable in the journal but not yet written to LevelDB. Point reads look here first, so a commit
 * can be acknowledged as soon as its frame is durable; scans wait until the overlay is empty.
 */
export class Overlay {
  readonly #rows = new Map<string, PendingRow>()

  get size(): number {
    return this.#rows.size
  }

  /** @returns the row, `null` when it is deleted, `undefined` when LevelDB has the answer */
  get(key: Uint8Array): Uint8Array | null | undefined {
    if (this.#rows.size === 0) return undefined
    const row = this.#rows.get(mapKey(key))
    return row === undefined ? undefined : (row.sealed ?? null)
  }

  add(operation: SealedOperation, sequence: number): void {
    this.#rows.set(mapKey(operation.key), {
      sealed: operation.type === 'put' ? operation.sealed : undefined,
      sequence,
    })
  }

  /** Forgets a row that LevelDB now has, unless a later commit wrote it again. */
  remove(operation: SealedOperation, sequence: number): void {
    const key = mapKey(operation.key)
    if (this.#rows.get(key)?.sequence === sequence) this.#rows.delete(key)
  }
}

function mapKey(key: Uint8Array): string {
  return asBuffer(key).toString('latin1')
}
