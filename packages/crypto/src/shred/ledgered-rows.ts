import { equalBytes, ForgeError } from '@forgeone/common'
import {
  ALL_ROWS,
  changedLedger,
  decodeLedger,
  EMPTY_LEDGER,
  isSameContent,
  LEDGER_ROW,
  ledgerRow,
  type RowHash,
  type ShredLedger,
  type StoredRow,
} from './shred-ledger.ts'
import type { KeyRange } from './shred-rows.ts'
import type { ShredRow, ShredStore } from './shred-store.ts'

/**
 * The shred store with a ledger of its rows. Where the two disagree, what is there can still be read, since wrapped keys
 * authenticate themselves, but nothing is concluded from what is absent, and nothing changed.
 */
export class LedgeredRows {
  readonly #store: ShredStore
  readonly #hash: RowHash
  /** As it is durable; undefined after a failed write, of which only the store knows whether it came to be. */
  #ledger: ShredLedger | undefined
  #fault: ForgeError | undefined

  private constructor(store: ShredStore, hash: RowHash) {
    this.#store = store
    this.#hash = hash
  }

  static async open(store: ShredStore, hash: RowHash): Promise<LedgeredRows> {
    const rows = new LedgeredRows(store, hash)
    rows.#fault = await rows.check()
    return rows
  }

  /** What speaks against these rows. */
  get fault(): ForgeError | undefined {
    return this.#fault
  }

  /** Rises with each change; 0 for a store that never held a key. */
  get generation(): number {
    return this.#ledger?.generation ?? 0
  }

  distrust(fault: ForgeError): void {
    this.#fault ??= fault
  }

  /** @throws SHRED_KEYS_TAMPERED */
  assertTrusted(): void {
    if (this.#fault !== undefined) throw this.#fault
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#store.get(key)
  }

  scan(range: KeyRange): AsyncIterable<readonly StoredRow[]> {
    return this.#store.scan(range)
  }

  purge(range: KeyRange): Promise<void> {
    return this.#store.purge(range)
  }

  /** Writes rows with the ledger that follows from them, at once. Callers take turns. @throws SHRED_KEYS_TAMPERED, IO_FAILED */
  async write(rows: readonly ShredRow[]): Promise<void> {
    this.assertTrusted()
    const before = this.#ledger ?? (await this.#stored()) ?? EMPTY_LEDGER
    const [added, removed]: [StoredRow[], StoredRow[]] = [[], []]
    for (const { key, value } of rows) {
      // One after the other: each is a look into memory or a page that is there.
      const known = await this.#store.get(key)
      if (known !== undefined) removed.push({ key, value: known })
      if (value !== undefined) added.push({ key, value })
    }
    if (added.length + removed.length === 0) return
    await this.#write(rows, changedLedger(before, { added, removed }, this.#hash))
  }

  /** Compares every row with the ledger; callers take turns with those that write. */
  async check(): Promise<ForgeError | undefined> {
    try {
      const stored = await this.#stored()
      this.#ledger = stored ?? EMPTY_LEDGER
      const found = await this.#counted()
      return isSameContent(this.#ledger, found) ? undefined : tampered()
    } catch (error) {
      if (error instanceof ForgeError && error.code === 'SHRED_KEYS_TAMPERED') return error
      throw error
    }
  }

  /**
   * Takes the rows as they are, without those that `keep` refuses, under a generation of at least `generation`: somebody
   * has decided that they are the best there is.
   */
  async accept(o: {
    readonly generation: number
    readonly keep: (row: StoredRow) => boolean
  }): Promise<void> {
    const refused: ShredRow[] = []
    for await (const page of this.#store.scan(ALL_ROWS)) {
      for (const row of page)
        if (!isLedger(row) && !o.keep(row)) refused.push({ key: row.key, value: undefined })
    }
    if (refused.length > 0) await this.#store.write(refused)
    const found = await this.#counted()
    const generation = Math.max(o.generation, this.generation) + 1
    await this.#write([], { ...found, generation })
    this.#fault = undefined
  }

  async #write(rows: readonly ShredRow[], next: ShredLedger): Promise<void> {
    this.#ledger = undefined
    await this.#store.write([...rows, ledgerRow(next, this.#hash)])
    this.#ledger = next
  }

  async #stored(): Promise<ShredLedger | undefined> {
    const bytes = await this.#store.get(LEDGER_ROW)
    return bytes === undefined ? undefined : decodeLedger(bytes, this.#hash)
  }

  async #counted(): Promise<ShredLedger> {
    let counted = EMPTY_LEDGER
    for await (const page of this.#store.scan(ALL_ROWS)) {
      counted = changedLedger(counted, { added: page.filter((row) => !isLedger(row)) }, this.#hash)
    }
    return counted
  }
}

function isLedger({ key }: StoredRow): boolean {
  return equalBytes(key, LEDGER_ROW)
}

function tampered(): ForgeError {
  return new ForgeError(
    'SHRED_KEYS_TAMPERED',
    'rows of `keys` are not those that were written: some were taken out, put in or changed',
  )
}
