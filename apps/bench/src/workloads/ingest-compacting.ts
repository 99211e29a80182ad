import { Forge } from '@forgeone/storage-manager'
import { median } from '../report/result-row.ts'
import { collectGarbage, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const ENTRIES_DEFAULT = 1_000_000

/** The same ingest with and without the compactor beside it. */
export const ingestCompacting: Workload = {
  name: 'ingest-compacting',
  summary: 'ingest while the compactor runs, next to ingest without it',
  async run({ dataset, n = ENTRIES_DEFAULT, runs }) {
    const rates = { background: [] as number[], manual: [] as number[] }
    for (let run = 0; run < runs; run++) {
      for (const compaction of ['manual', 'background'] as const) {
        collectGarbage()
        await withDirectory(async (path) => {
          const forge = await Forge.open({ path, secret: { key: KEY }, compaction })
          const startedMs = performance.now()
          for (const batch of dataset.batches(n)) await forge.logs.append(batch)
          rates[compaction].push((n / (performance.now() - startedMs)) * 1000)
          await forge.close()
        })
      }
    }
    const withCompactor = median(rates.background)
    const without = median(rates.manual)
    const base = { workload: 'ingest-compacting', metric: 'entries', unit: '1/s' }
    return [
      { ...base, engine: 'forgeone', value: withCompactor, ratio: null },
      { ...base, engine: 'without compactor', value: without, ratio: withCompactor / without },
    ]
  },
}
