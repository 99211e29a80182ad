import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3-multiple-ciphers'
import { Forge } from '@forgeone/storage-manager'
import { compare, type ResultRow } from '../report/result-row.ts'
import { collectGarbage, Samples, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const MESSAGES_DEFAULT = 100_000
const BATCH = 100
const PAYLOAD = { kind: 'order', number: 4711, items: ['a', 'b', 'c'], note: 'as usual' }

/** One group, batches of 100, a handler that does nothing, every acknowledgement durable. */
export const consume: Workload = {
  name: 'consume',
  summary: 'a consumer group in batches of 100 with durable acks, next to a queue in SQLite',
  async run({ n = MESSAGES_DEFAULT, runs }) {
    const rate = new Samples()
    for (let run = 0; run < runs; run++) {
      collectGarbage()
      rate.add('forgeone', await withDirectory((path) => consumeForge(path, n)))
      collectGarbage()
      rate.add('sqlite queue', await withDirectory((path) => Promise.resolve(consumeSqlite(path, n))))
    }
    return compare({
      workload: 'consume',
      metric: 'messages',
      unit: '1/s',
      better: 'higher',
      samples: rate.all,
    })
  },
}

async function consumeForge(path: string, n: number): Promise<number> {
  await using forge = await Forge.open({ path, secret: { key: KEY } })
  for (let sent = 0; sent < n; sent += 1000) {
    const count = Math.min(1000, n - sent)
    await forge.events.append(Array.from({ length: count }, () => ({ topic: 'jobs', payload: PAYLOAD })))
  }
  const startedMs = performance.now()
  let done = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const subscription = forge.events.subscribe({
    group: 'workers',
    topics: 'jobs',
    from: 'start',
    batch: BATCH,
    handlerBatch: (deliveries) => {
      done += deliveries.length
      if (done === n) resolve()
    },
  })
  await promise
  // Closing waits until everything handled is acknowledged durably.
  await subscription.close()
  return (n / (performance.now() - startedMs)) * 1000
}

/** A fair minimal queue: a table, an index of what waits, one transaction a batch that takes and settles it. */
function consumeSqlite(path: string, n: number): number {
  const database = new Database(join(path, 'queue.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.exec(
    `CREATE TABLE queue (id INTEGER PRIMARY KEY, topic TEXT, payload TEXT, state INTEGER DEFAULT 0, attempts INTEGER DEFAULT 0);
     CREATE INDEX waiting ON queue (topic, id) WHERE state = 0`,
  )
  const insert = database.prepare("INSERT INTO queue (topic, payload) VALUES ('jobs', ?)")
  database.exec('BEGIN')
  for (let sent = 0; sent < n; sent++) insert.run(JSON.stringify(PAYLOAD))
  database.exec('COMMIT')
  const take = database.prepare(
    `UPDATE queue SET state = 1, attempts = attempts + 1
     WHERE id IN (SELECT id FROM queue WHERE topic = 'jobs' AND state = 0 ORDER BY id LIMIT ${BATCH})
     RETURNING id, payload`,
  )
  const startedMs = performance.now()
  for (let done = 0; done < n;) {
    database.exec('BEGIN IMMEDIATE')
    // Written by us above.
    const rows = take.all() as { readonly payload: string }[]
    for (const { payload } of rows) JSON.parse(payload)
    database.exec('COMMIT')
    done += rows.length
  }
  const elapsedMs = performance.now() - startedMs
  database.close()
  return (n / elapsedMs) * 1000
}

const LATENCY_MESSAGES_DEFAULT = 500
const LATENCY_PAUSE_MS = 10

/** From the call of `append` to the call of the handler, on a machine that does nothing else. */
export const latency: Workload = {
  name: 'latency',
  summary: 'from append to handler, one message at a time',
  async run({ n = LATENCY_MESSAGES_DEFAULT }) {
    const samples: number[] = []
    await withDirectory(async (path) => {
      await using forge = await Forge.open({ path, secret: { key: KEY } })
      let arrived = Promise.withResolvers<number>()
      await using subscription = forge.events.subscribe(
        { group: 'watch', topics: 'ticks', from: 'end' },
        () => arrived.resolve(performance.now()),
      )
      await delay(100)
      for (let sent = 0; sent < n; sent++) {
        arrived = Promise.withResolvers()
        const startedMs = performance.now()
        await forge.events.append({ topic: 'ticks', payload: sent })
        samples.push((await arrived.promise) - startedMs)
        await delay(LATENCY_PAUSE_MS)
      }
      await subscription.close()
    })
    samples.sort((left, right) => left - right)
    const at = (share: number): number => samples[Math.floor((samples.length - 1) * share)]!
    return [latencyRow('append to handler, p50', at(0.5)), latencyRow('append to handler, p99', at(0.99))]
  },
}

function latencyRow(metric: string, value: number): ResultRow {
  return { workload: 'latency', engine: 'forgeone', metric, value, unit: 'ms', ratio: null }
}
