import { ENGINES } from '../engines/engines.ts'
import { compare } from '../report/result-row.ts'
import {
  collectGarbage,
  directoryTreeBytes,
  Samples,
  seconds,
  withDirectory,
  type Workload,
} from './workload.ts'

const ENTRIES_DEFAULT = 1_000_000

/** Entries in durable batches of 1,000, indexed by topic and time; then the bytes left after closing. */
export const ingest: Workload = {
  name: 'ingest',
  summary: 'log entries in batches of 1,000, each durable before the next',
  async run({ dataset, n = ENTRIES_DEFAULT, runs, engines }) {
    const rate = new Samples()
    const bytes = new Samples()
    for (let run = 0; run < runs; run++) {
      for (const name of engines) {
        collectGarbage()
        await withDirectory(async (path) => {
          const engine = ENGINES[name]!()
          await engine.open(path)
          let busyMs = 0
          for (const batch of dataset.batches(n)) {
            const startedMs = performance.now()
            await engine.appendBatch(batch)
            busyMs += performance.now() - startedMs
          }
          const startedMs = performance.now()
          await engine.close()
          rate.add(name, n / (busyMs / 1000 + seconds(startedMs)))
          bytes.add(name, directoryTreeBytes(path))
        })
      }
    }
    return [
      ...compare({ workload: 'ingest', metric: 'entries', unit: '1/s', better: 'higher', samples: rate.all }),
      ...compare({
        workload: 'ingest',
        metric: 'bytes on disk',
        unit: 'B',
        better: 'lower',
        samples: bytes.all,
      }),
    ]
  },
}
