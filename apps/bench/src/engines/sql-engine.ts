import { entryIds } from './entry-ids.ts'
import { rowChecksum } from './checksum.ts'
import type { BenchEngine, BenchEntry, ReadFigures } from './engine.ts'

/** The part that node:sqlite and better-sqlite3 share. */
export interface SqlDatabase {
  exec(sql: string): void
  prepare(sql: string): SqlStatement
  close(): void
}

export interface SqlStatement {
  run(...values: readonly (string | number)[]): unknown
  all(...values: readonly (string | number)[]): unknown[]
  get(...values: readonly (string | number)[]): unknown
}

interface Row {
  readonly id: string
  readonly topic: string
  readonly timestamp: number
  readonly severity: string
  readonly message: string
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS entries (
  id TEXT PRIMARY KEY, topic TEXT NOT NULL, timestamp INTEGER NOT NULL, severity TEXT NOT NULL,
  message TEXT NOT NULL, metadata TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_topic ON entries (topic, timestamp);`

/** SQLite as its manual advises for durability with speed: WAL, synchronous FULL, prepared statements. */
export class SqlEngine implements BenchEngine {
  readonly name: string
  readonly #openDatabase: (path: string) => SqlDatabase
  readonly #nextId = entryIds()
  #database: SqlDatabase | undefined
  #insert: SqlStatement | undefined

  constructor(o: { name: string; open: (path: string) => SqlDatabase }) {
    this.name = o.name
    this.#openDatabase = o.open
  }

  async open(path: string): Promise<void> {
    const database = this.#openDatabase(path)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec(SCHEMA)
    this.#database = database
    this.#insert = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)')
  }

  async appendBatch(entries: readonly BenchEntry[]): Promise<void> {
    this.#db().exec('BEGIN')
    for (const entry of entries) this.#insertOne(entry)
    this.#db().exec('COMMIT')
  }

  async appendOne(entry: BenchEntry): Promise<void> {
    this.#insertOne(entry)
  }

  async range({ topic, from, to }: { topic: string; from: number; to: number }): Promise<ReadFigures> {
    const sql =
      'SELECT id, topic, timestamp, severity, message FROM entries WHERE topic = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp'
    return sum(this.#db().prepare(sql).all(topic, from, to))
  }

  async search(text: string): Promise<ReadFigures> {
    const sql = 'SELECT id, topic, timestamp, severity, message FROM entries WHERE message LIKE ?'
    return sum(this.#db().prepare(sql).all(`%${text}%`))
  }

  #getStatement: SqlStatement | undefined

  async get(id: string): Promise<ReadFigures> {
    this.#getStatement ??= this.#db().prepare(
      'SELECT id, topic, timestamp, severity, message FROM entries WHERE id = ?',
    )
    const row = this.#getStatement.get(id)
    return sum(row === undefined ? [] : [row])
  }

  async sampleIds(wanted: number): Promise<readonly string[]> {
    // The shape follows from the statement.
    const total = (this.#db().prepare('SELECT count(*) AS n FROM entries').get() as { n: number }).n
    const every = Math.max(1, Math.floor(total / wanted))
    const rows = this.#db().prepare('SELECT id FROM entries WHERE rowid % ? = 0').all(every) as {
      id: string
    }[]
    return rows.map((row) => row.id)
  }

  async close(): Promise<void> {
    this.#db().exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#db().close()
    this.#database = undefined
    this.#getStatement = undefined
  }

  #insertOne({ topic, timestamp, severity, message }: BenchEntry): void {
    this.#insert!.run(this.#nextId(timestamp), topic, timestamp, severity, message, '{}')
  }

  #db(): SqlDatabase {
    if (this.#database === undefined) throw new Error('the database is not open')
    return this.#database
  }
}

function sum(rows: readonly unknown[]): ReadFigures {
  let checksum = 0
  // The columns follow from the statements above.
  for (const row of rows as readonly Row[]) checksum += rowChecksum(row)
  return { rows: rows.length, checksum }
}
