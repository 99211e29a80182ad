import { join } from 'node:path'
import { QUERY_LIMIT_MAX, verifyOwn, type AuditFilter, type AuditLog } from '@forgeone/audit'
import { compare, median, type ResultRow } from '../report/result-row.ts'
import { AuditLevelStore } from './audit-level-store.ts'
import { FIRST_COMMIT_MS, growAuditLog, LEAVES_DEFAULT, newAuditLog } from './grow-audit-log.ts'
import { collectGarbage, Samples, seconds, withDirectory, type Workload } from './workload.ts'

const WORKLOAD = 'audit-query'
/** Who acts day by day: each is in every bundle, and has an index row there. */
const ACTORS = 20
const RARE_ACTOR = 'p_0bad'
/** Of the rare actor, spread over the whole log. */
const RARE_LEAVES = 100
const RANGE_LEAVES = 1000

/** The log with its index, and without: then a query goes through every leaf. */
const ENGINES = { forgeone: { isIndexed: true }, scan: { isIndexed: false } } as const
type Engine = keyof typeof ENGINES

type Question = (leaves: number) => AuditFilter

const QUESTIONS: Readonly<Record<string, Question>> = {
  'by who': () => ({ who: RARE_ACTOR }),
  'by an act that never was': () => ({ act: 'blobs.delete' }),
  'by time': (leaves) => {
    const from = FIRST_COMMIT_MS + Math.floor(leaves / 2)
    return { from, to: from + RANGE_LEAVES }
  },
}

/** What the query index saves, where it saves nothing, and what it takes to verify log and index. */
export const auditQuery: Workload = {
  name: WORKLOAD,
  summary: 'queries of the audit log by actor, act and time, with its index and by scanning; verifying it',
  async run({ n = LEAVES_DEFAULT, runs }) {
    return await withDirectory(async (directory) => {
      const path = join(directory, 'audit')
      await fill(path, n)
      const rows: ResultRow[] = []
      for (const [name, question] of Object.entries(QUESTIONS))
        rows.push(...(await measureQuestion({ name, filter: question(n), path, leaves: n, runs })))
      const rates: number[] = []
      for (let run = -1; run < runs; run++) rates.push(await verifyRate(path, n))
      const value = median(rates.slice(1))
      const verified = { metric: 'verifyOwn', value, unit: 'leaves/s', ratio: null }
      return [...rows, { workload: WORKLOAD, engine: 'forgeone', ...verified }]
    })
  },
}

async function fill(path: string, leaves: number): Promise<void> {
  const rareEvery = Math.max(1, Math.floor(leaves / RARE_LEAVES))
  const actorOf = (sequence: number): string =>
    sequence % rareEvery === 0 ? RARE_ACTOR : `p_${1000 + (sequence % ACTORS)}`
  const store = await AuditLevelStore.open(path)
  try {
    const log = newAuditLog(ENGINES.forgeone)
    await log.load(store, 0)
    await growAuditLog({ log, store, leaves, actorOf })
    await store.apply(log.settle().rows)
    await log.checkpoint()
  } finally {
    await store.close()
  }
}

async function measureQuestion(o: {
  readonly name: string
  readonly filter: AuditFilter
  readonly path: string
  readonly leaves: number
  readonly runs: number
}): Promise<readonly ResultRow[]> {
  const { name, filter } = o
  const samples = new Samples()
  let hits: readonly number[] | undefined
  // The first run warms up.
  for (let run = -1; run < o.runs; run++) {
    for (const engine of ['forgeone', 'scan'] as const) {
      const { ms, found } = await inOpenedLog({ ...o, engine }, async (log) => await ask(log, filter))
      hits ??= found
      if (String(found) !== String(hits)) throw new Error(`${name}: index and scan differ`)
      if (run >= 0) samples.add(engine, ms)
    }
  }
  const metric = `${name}, ${hits!.length} hits`
  return compare({ workload: WORKLOAD, metric, unit: 'ms', better: 'lower', samples: samples.all })
}

/** Asks once; `found` are the indexes of the leaves. */
async function ask(
  log: AuditLog,
  filter: AuditFilter,
): Promise<{ readonly ms: number; readonly found: readonly number[] }> {
  const found: number[] = []
  const startedMs = performance.now()
  for await (const { index } of log.query({ ...filter, limit: QUERY_LIMIT_MAX })) found.push(index)
  return { ms: performance.now() - startedMs, found }
}

async function verifyRate(path: string, leaves: number): Promise<number> {
  return await inOpenedLog({ path, leaves, engine: 'forgeone' }, async (log) => {
    const startedMs = performance.now()
    const verdict = await verifyOwn(log)
    const rate = leaves / seconds(startedMs)
    if (!verdict.ok) throw new Error(verdict.detail)
    return rate
  })
}

/** Each time log and database are opened anew: neither has kept what was read before. */
async function inOpenedLog<T>(
  o: { readonly path: string; readonly leaves: number; readonly engine: Engine },
  action: (log: AuditLog) => Promise<T>,
): Promise<T> {
  collectGarbage()
  const store = await AuditLevelStore.open(o.path)
  try {
    const log = newAuditLog(ENGINES[o.engine])
    await log.load(store, o.leaves)
    return await action(log)
  } finally {
    await store.close()
  }
}
