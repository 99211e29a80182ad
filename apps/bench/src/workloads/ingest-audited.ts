import { AuditLog } from '@forgeone/audit'
import { fromHex, systemClock, utf8Encode } from '@forgeone/common'
import { rawKeyProvider, SIGNING_SCOPE } from '@forgeone/crypto'
import { LocalStore, type ObserverSource } from '@forgeone/engine'
import { openLogs, streamDatabases } from '@forgeone/streams'
import type { Dataset } from '../data/dataset.ts'
import { compare } from '../report/result-row.ts'
import { collectGarbage, Samples, seconds, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const ENTRIES_DEFAULT = 1_000_000
const SHARDS = 4

/** The ingest of `ingest`, on the same store with and without the Merkle log. */
export const ingestAudited: Workload = {
  name: 'ingest-audited',
  summary: 'log ingest with the Merkle log on, next to the same store without it',
  async run({ dataset, n = ENTRIES_DEFAULT, runs }) {
    const rate = new Samples()
    for (let run = 0; run < runs; run++) {
      for (const audited of [true, false]) {
        collectGarbage()
        const engine = audited ? 'forgeone' : 'without the log'
        rate.add(engine, await withDirectory((path) => ingestOnce({ path, dataset, n, audited })))
      }
    }
    return compare({
      workload: 'ingest-audited',
      metric: 'rate',
      unit: 'entries/s',
      better: 'higher',
      samples: rate.all,
    })
  },
}

/** Signs as a store does: every second, and on closing. */
const AUDIT: ObserverSource = {
  database: 'audit',
  async create({ storeId, generation, keyring }) {
    await keyring.ensureScopes([SIGNING_SCOPE])
    const [signer] = keyring.signers()
    const queryIndexKey = keyring.keyedHash('audit-index', utf8Encode('query index'))
    const identity = { storeId, generation: fromHex(generation)! }
    const log = new AuditLog({ ...identity, signer, queryIndexKey, clock: systemClock })
    log.start()
    return log
  },
}

async function ingestOnce(o: {
  readonly path: string
  readonly dataset: Dataset
  readonly n: number
  readonly audited: boolean
}): Promise<number> {
  const databases = [...streamDatabases('logs', SHARDS), 'audit']
  const observer = o.audited ? AUDIT : undefined
  await using store = await LocalStore.open({
    path: o.path,
    databases,
    provider: rawKeyProvider(KEY),
    observer,
  })
  const logs = await openLogs(store, { shardCount: SHARDS, compaction: 'manual' })
  const startedMs = performance.now()
  for (const batch of o.dataset.batches(o.n)) await logs.append(batch)
  const rate = o.n / seconds(startedMs)
  await logs.close()
  return rate
}
