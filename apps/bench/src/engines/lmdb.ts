import { open, type Database, type RootDatabase } from 'lmdb'
import { rowChecksum } from './checksum.ts'
import type { BenchEngine, BenchEntry, ReadFigures } from './engine.ts'
import { entryIds } from './entry-ids.ts'

interface Row extends BenchEntry {
  readonly id: string
}

/** lmdb with LZ4, rows by id and an index by topic and time; every transaction is flushed. */
export class LmdbEngine implements BenchEngine {
  readonly name = 'lmdb'
  readonly #nextId = entryIds()
  #root: RootDatabase | undefined
  #rows: Database<Row, string> | undefined
  #index: Database<string, [string, number, string]> | undefined

  async open(path: string): Promise<void> {
    this.#root = open({ path, compression: true, maxDbs: 4, mapSize: 16 * 1024 ** 3 })
    this.#rows = this.#root.openDB({ name: 'rows', compression: true })
    this.#index = this.#root.openDB({ name: 'index' })
  }

  async appendBatch(entries: readonly BenchEntry[]): Promise<void> {
    this.#root!.transactionSync(() => {
      for (const entry of entries) this.#put(entry)
    })
  }

  async appendOne(entry: BenchEntry): Promise<void> {
    await this.#root!.transaction(() => this.#put(entry))
    await this.#root!.flushed
  }

  async range({ topic, from, to }: { topic: string; from: number; to: number }): Promise<ReadFigures> {
    const rows: Row[] = []
    for (const { value } of this.#index!.getRange({ start: [topic, from, ''], end: [topic, to, ''] }))
      rows.push(this.#rows!.get(value)!)
    return sum(rows)
  }

  async search(text: string): Promise<ReadFigures> {
    const rows: Row[] = []
    for (const { value } of this.#rows!.getRange()) if (value.message.includes(text)) rows.push(value)
    return sum(rows)
  }

  async get(id: string): Promise<ReadFigures> {
    const row = this.#rows!.get(id)
    return sum(row === undefined ? [] : [row])
  }

  async sampleIds(wanted: number): Promise<readonly string[]> {
    const every = Math.max(1, Math.floor(this.#rows!.getCount() / wanted))
    const ids: string[] = []
    let index = 0
    for (const key of this.#rows!.getKeys()) if (index++ % every === 0) ids.push(key)
    return ids
  }

  async close(): Promise<void> {
    await this.#root!.flushed
    await this.#root!.close()
  }

  #put(entry: BenchEntry): void {
    const id = this.#nextId(entry.timestamp)
    void this.#rows!.put(id, { ...entry, id })
    void this.#index!.put([entry.topic, entry.timestamp, id], id)
  }
}

function sum(rows: readonly Row[]): ReadFigures {
  return { rows: rows.length, checksum: rows.reduce((total, row) => total + rowChecksum(row), 0) }
}
