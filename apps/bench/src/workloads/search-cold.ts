import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Forge } from '@forgeone/storage-manager'
import type { Dataset } from '../data/dataset.ts'
import type { BenchEntry } from '../engines/engine.ts'
import { compare, type ResultRow } from '../report/result-row.ts'
import { collectGarbage, directoryTreeBytes, Samples, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const ENTRIES_DEFAULT = 5_000_000
/** Stands in a few entries, far apart, unless another text is asked for. */
const RARE_TOKEN = 'zq7rare41x'
const RARE_ENTRIES = 5

/** A rare word in many lines: cold blocks with filters, next to SQLite without and with a full-text index. */
export const searchCold: Workload = {
  name: 'search-cold',
  summary: 'a rare word in 5 M compacted lines, next to SQLite LIKE and FTS5',
  async run({ dataset, n = ENTRIES_DEFAULT, runs, query, level = 'fast' }) {
    const text = query ?? RARE_TOKEN
    return await withDirectory(async (root) => {
      const path = join(root, 'forgeone')
      const forge = await Forge.open({ path, secret: { key: KEY }, compaction: 'manual' })
      for (const batch of withRareToken(dataset, n)) await forge.logs.append(batch)
      // What the compactor makes in the background, unless another level is asked for.
      await forge.logs.compact({ level })
      await forge.close()
      const database = fillSqlite(join(root, 'entries.db'), withRareToken(dataset, n))
      const plain = database.prepare('SELECT id, message FROM entries WHERE message LIKE ?')
      const full = database.prepare('SELECT rowid, message FROM words WHERE words MATCH ?')
      const elapsed = new Samples()
      for (let run = 0; run < runs; run++) {
        const counts = new Map<string, number>()
        collectGarbage()
        counts.set('forgeone', await timeForge(path, text, elapsed))
        counts.set(
          'sqlite LIKE',
          time('sqlite LIKE', elapsed, () => plain.all(`%${text}%`).length),
        )
        counts.set(
          'sqlite FTS5',
          time('sqlite FTS5', elapsed, () => full.all(JSON.stringify(text)).length),
        )
        if (query === undefined && new Set(counts.values()).size > 1)
          throw new Error(`search-cold: other rows: ${JSON.stringify([...counts])}`)
      }
      database.close()
      const ours = directoryTreeBytes(path)
      const rows: ResultRow[] = [
        ...compare({
          workload: 'search-cold',
          metric: `search of "${text}"`,
          unit: 'ms',
          better: 'lower',
          samples: elapsed.all,
        }),
      ]
      const theirs = statSync(join(root, 'entries.db')).size
      const base = { workload: 'search-cold', metric: 'bytes on disk', unit: 'B' }
      rows.push({ ...base, engine: 'forgeone', value: ours, ratio: null })
      rows.push({ ...base, engine: 'sqlite with FTS5', value: theirs, ratio: theirs / ours })
      return rows
    })
  },
}

function* withRareToken(dataset: Dataset, n: number): Generator<readonly BenchEntry[]> {
  const every = Math.floor(n / RARE_ENTRIES)
  let index = 0
  for (const batch of dataset.batches(n)) {
    yield batch.map((entry) =>
      index++ % every === every >>> 1 ? { ...entry, message: `${entry.message} ${RARE_TOKEN}` } : entry,
    )
  }
}

/** Opened anew, so that no decoded block is in memory; opening is not part of the time. */
async function timeForge(path: string, text: string, elapsed: Samples): Promise<number> {
  await using forge = await Forge.open({ path, secret: { key: KEY }, compaction: 'manual' })
  const startedMs = performance.now()
  let rows = 0
  for await (const batch of forge.logs.search(JSON.stringify(text)).batches()) rows += batch.length
  elapsed.add('forgeone', performance.now() - startedMs)
  return rows
}

function time(name: string, elapsed: Samples, action: () => number): number {
  const startedMs = performance.now()
  const rows = action()
  elapsed.add(name, performance.now() - startedMs)
  return rows
}

function fillSqlite(path: string, batches: Iterable<readonly BenchEntry[]>): DatabaseSync {
  const database = new DatabaseSync(path)
  // Filling is not measured here.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  database.exec(
    `CREATE TABLE entries (id INTEGER PRIMARY KEY, topic TEXT, timestamp INTEGER, severity TEXT, message TEXT);
     CREATE INDEX entries_by_time ON entries (topic, timestamp);
     CREATE VIRTUAL TABLE words USING fts5 (message, content = 'entries', content_rowid = 'id')`,
  )
  const insert = database.prepare(
    'INSERT INTO entries (topic, timestamp, severity, message) VALUES (?, ?, ?, ?)',
  )
  for (const batch of batches) {
    database.exec('BEGIN')
    for (const { topic, timestamp, severity, message } of batch)
      insert.run(topic, timestamp, severity, message)
    database.exec('COMMIT')
  }
  database.exec("INSERT INTO words (words) VALUES ('rebuild')")
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return database
}
