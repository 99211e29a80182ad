import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { rowChecksum } from './checksum.ts'
import type { BenchEngine, BenchEntry, ReadFigures } from './engine.ts'
import { entryIds } from './entry-ids.ts'

interface Row extends BenchEntry {
  readonly id: string
}

/** LevelDB as one would use it by hand: a JSON value an entry, an index row beside it, `sync: true`. */
export class ClassicLevelEngine implements BenchEngine {
  readonly name = 'classic-level'
  readonly #nextId = entryIds()
  #level: ClassicLevel<string, string> | undefined

  async open(path: string): Promise<void> {
    this.#level = new ClassicLevel<string, string>(join(path, 'level'))
    await this.#level.open()
  }

  async appendBatch(entries: readonly BenchEntry[]): Promise<void> {
    await this.#db().batch(
      entries.flatMap((entry) => this.#operations(entry)),
      { sync: true },
    )
  }

  async appendOne(entry: BenchEntry): Promise<void> {
    await this.#db().batch(this.#operations(entry), { sync: true })
  }

  async range({ topic, from, to }: { topic: string; from: number; to: number }): Promise<ReadFigures> {
    const iterator = this.#db().values({ gte: indexKey(topic, from), lt: indexKey(topic, to) })
    const ids = await iterator.all()
    const rows = await this.#db().getMany(ids.map((id) => `r${id}`))
    return sum(rows.map(parse))
  }

  async search(text: string): Promise<ReadFigures> {
    const rows: Row[] = []
    const iterator = this.#db().values({ gte: 'r', lt: 's' })
    for (;;) {
      const values = await iterator.nextv(1000)
      if (values.length === 0) break
      for (const value of values) if (value.includes(text)) rows.push(parse(value))
    }
    await iterator.close()
    return sum(rows)
  }

  async get(id: string): Promise<ReadFigures> {
    const value = this.#db().getSync(`r${id}`)
    return sum(value === undefined ? [] : [parse(value)])
  }

  async sampleIds(wanted: number): Promise<readonly string[]> {
    const ids: string[] = []
    let total = 0
    const keys = this.#db().keys({ gte: 'r', lt: 's' })
    for await (const key of keys) {
      total++
      if (total % 100 === 0) ids.push(key.slice(1))
    }
    return ids.slice(0, Math.max(wanted, 1))
  }

  async close(): Promise<void> {
    await this.#db().close()
  }

  #operations(entry: BenchEntry): { type: 'put'; key: string; value: string }[] {
    const id = this.#nextId(entry.timestamp)
    return [
      { type: 'put', key: `r${id}`, value: JSON.stringify({ ...entry, id }) },
      { type: 'put', key: `${indexKey(entry.topic, entry.timestamp)}${id}`, value: id },
    ]
  }

  #db(): ClassicLevel<string, string> {
    if (this.#level === undefined) throw new Error('the database is not open')
    return this.#level
  }
}

function indexKey(topic: string, timestamp: number): string {
  return `i${topic}!${String(timestamp).padStart(15, '0')}`
}

function parse(value: string | undefined): Row {
  // Written above in this shape.
  return JSON.parse(value ?? '{}') as Row
}

function sum(rows: readonly Row[]): ReadFigures {
  return { rows: rows.length, checksum: rows.reduce((total, row) => total + rowChecksum(row), 0) }
}
