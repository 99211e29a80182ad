import type { ObserverRow, ObserverStore } from '@forgeone/common'
import { ClassicLevel } from 'classic-level'

type Rows = ClassicLevel<Uint8Array, Uint8Array>

/** The audit database in a LevelDB of its own, without the store around it: rows are not sealed. */
export class AuditLevelStore implements ObserverStore {
  readonly #database: Rows

  private constructor(database: Rows) {
    this.#database = database
  }

  static async open(path: string): Promise<AuditLevelStore> {
    const encoding = { keyEncoding: 'view', valueEncoding: 'view', compression: false } as const
    const database: Rows = new ClassicLevel(path, encoding)
    await database.open()
    return new AuditLevelStore(database)
  }

  async apply(
    rows: readonly ObserverRow[],
    { sync }: { readonly sync: boolean } = { sync: false },
  ): Promise<void> {
    if (rows.length === 0) return
    await this.#database.batch(
      rows.map(({ key, value }) =>
        value === undefined ? { type: 'del', key } : { type: 'put', key, value },
      ),
      { sync },
    )
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#database.getSync(key)
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return await this.#database.getMany([...keys])
  }

  async *scan(
    { from, to }: { readonly from?: Uint8Array; readonly to?: Uint8Array },
    { reverse = false, limit = -1 }: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncGenerator<readonly { key: Uint8Array; value: Uint8Array }[]> {
    const range = { ...(from && { gte: from }), ...(to && { lt: to }), reverse, limit }
    for await (const [key, value] of this.#database.iterator(range)) yield [{ key, value }]
  }

  async write(rows: readonly ObserverRow[]): Promise<void> {
    await this.apply(rows, { sync: true })
  }

  async caughtUp(): Promise<void> {}

  async close(): Promise<void> {
    await this.#database.close()
  }
}
