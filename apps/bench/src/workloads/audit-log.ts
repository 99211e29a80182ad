import { join } from 'node:path'
import {
  type AuditLog,
  directorySource,
  directoryTarget,
  formatReceipt,
  verifyLog,
  type Receipt,
} from '@forgeone/audit'
import { policyOfKey, verifyReceipt } from '@forgeone/audit/verify'
import { median, type ResultRow } from '../report/result-row.ts'
import { AuditLevelStore } from './audit-level-store.ts'
import { auditCommits, growAuditLog, LEAVES_BATCH, LEAVES_DEFAULT, newAuditLog } from './grow-audit-log.ts'
import { collectGarbage, seconds, withDirectory, type Workload } from './workload.ts'

const SINGLE_LEAVES = 100_000
const PROOFS = 2000
const ENGINE = 'forgeone'

/** What it costs that every commit is a leaf, and that anybody can check it. */
export const auditLog: Workload = {
  name: 'audit-log',
  summary: 'leaves integrated, proofs from tiles on disk, receipts, and verifying a whole log',
  async run({ n = LEAVES_DEFAULT, runs }) {
    const samples = new Map<string, { readonly unit: string; readonly values: number[] }>()
    const add = (metric: string, unit: string, value: number): void => {
      const known = samples.get(metric)
      if (known === undefined) samples.set(metric, { unit, values: [value] })
      else known.values.push(value)
    }
    for (let run = 0; run < runs; run++) {
      add('integrated in memory, batches of 512', 'leaves/s', await integrateInMemory(n))
      add('single leaf, p50', 'µs', await singleLeaf())
      await withDirectory((path) => measureStored({ path, leaves: n, add }))
    }
    return [...samples].map(([metric, { unit, values }]): ResultRow => {
      return { workload: 'audit-log', engine: ENGINE, metric, value: median(values), unit, ratio: null }
    })
  },
}

type Add = (metric: string, unit: string, value: number) => void

async function integrateInMemory(leaves: number): Promise<number> {
  const log = newAuditLog()
  await log.load(await emptyStore(), 0)
  let elapsedMs = 0
  collectGarbage()
  for (let start = 0; start < leaves; start += LEAVES_BATCH) {
    const batch = auditCommits({ start, count: Math.min(LEAVES_BATCH, leaves - start) })
    const startedMs = performance.now()
    log.observe(batch)
    elapsedMs += performance.now() - startedMs
  }
  return leaves / (elapsedMs / 1000)
}

async function singleLeaf(): Promise<number> {
  const log = newAuditLog()
  await log.load(await emptyStore(), 0)
  const timesNs: number[] = []
  for (let sequence = 0; sequence < SINGLE_LEAVES; sequence++) {
    const batch = auditCommits({ start: sequence, count: 1 })
    const started = process.hrtime.bigint()
    log.observe(batch)
    timesNs.push(Number(process.hrtime.bigint() - started))
  }
  return median(timesNs) / 1000
}

async function measureStored({
  path,
  leaves,
  add,
}: {
  path: string
  leaves: number
  add: Add
}): Promise<void> {
  const store = await AuditLevelStore.open(join(path, 'audit'))
  try {
    const log = newAuditLog()
    await log.load(store, 0)
    const startedMs = performance.now()
    await growAuditLog({ log, store, leaves })
    add('integrated into LevelDB, batches of 512', 'leaves/s', leaves / seconds(startedMs))
    await store.apply(log.settle().rows)
    // Opened again: nothing is cached, and nothing of the last leaves is in memory but the edge.
    const opened = newAuditLog()
    await opened.load(store, leaves)
    await measureProofs(opened, add)
    await measureReceipts(opened, add)
    const exported = join(path, 'export')
    await opened.exportTiles(directoryTarget(exported), { entries: 'full' })
    const verifiedMs = performance.now()
    const verdict = await verifyLog(directorySource(exported), opened.verifierKeys[0]!)
    if (!verdict.ok) throw new Error(verdict.detail)
    add('verifyLog', 'leaves/s', leaves / seconds(verifiedMs))
  } finally {
    await store.close()
  }
}

async function measureProofs(log: AuditLog, add: Add): Promise<void> {
  const inclusion: number[] = []
  const consistency: number[] = []
  for (let count = 0; count < PROOFS; count++) {
    const index = Math.floor(Math.random() * log.size)
    let startedMs = performance.now()
    await log.prove(index)
    inclusion.push(performance.now() - startedMs)
    startedMs = performance.now()
    await log.consistency(index + 1, log.size)
    consistency.push(performance.now() - startedMs)
  }
  for (const [name, timesMs] of [
    ['inclusion proof', inclusion],
    ['consistency proof', consistency],
  ] as const) {
    add(`${name}, p50`, 'ms', median(timesMs))
    add(`${name}, p99`, 'ms', percentile(timesMs, 0.99))
  }
}

async function measureReceipts(log: AuditLog, add: Add): Promise<void> {
  const receipt: Receipt = await log.receipt(Math.floor(log.size * 0.7))
  add('.tlog-proof', 'bytes', Buffer.byteLength(receipt.proof))
  add('JSON receipt', 'bytes', Buffer.byteLength(formatReceipt(receipt)))
  const policy = policyOfKey(log.verifierKeys[0]!)
  const text = formatReceipt(receipt)
  const timesMs: number[] = []
  for (let count = 0; count < 2 * PROOFS; count++) {
    const startedMs = performance.now()
    const verdict = verifyReceipt(text, policy)
    timesMs.push(performance.now() - startedMs)
    if (!verdict.ok) throw new Error(verdict.detail)
  }
  const warm = timesMs.slice(PROOFS)
  add('verifyReceipt, p50', 'ms', median(warm))
  add('verifyReceipt, p99', 'ms', percentile(warm, 0.99))
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length * share)]!
}

/** A log that is only grown reads nothing but whether there are notes. */
async function emptyStore(): Promise<Parameters<AuditLog['load']>[0]> {
  return {
    get: async () => undefined,
    getMany: async (keys) => keys.map(() => undefined),
    scan: async function* () {},
    write: async () => undefined,
    caughtUp: async () => undefined,
  }
}
