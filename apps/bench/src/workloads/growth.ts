import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ResultRow } from '../report/result-row.ts'
import { childArguments } from './child-arguments.ts'
import { withDirectory, type Workload } from './workload.ts'

const ENTRIES_DEFAULT = 10_000_000

interface Grown {
  readonly ingestMs: number
  readonly ingestRssKib: number
  readonly scanRssKib: number
  readonly rows: number
}

/** What an entry costs in a store of a tenth, and in the whole; and the memory that takes. */
export const growth: Workload = {
  name: 'growth',
  summary: 'cost of an entry at a tenth and at the whole number of entries; peak memory',
  async run({ n = ENTRIES_DEFAULT }) {
    const small = await grow(n / 10)
    const large = await grow(n)
    const smallCost = (small.ingestMs / (n / 10)) * 1000
    const largeCost = (large.ingestMs / n) * 1000
    return [
      row('cost at a tenth', smallCost, 'us/entry'),
      row('cost at the whole', largeCost, 'us/entry', smallCost / largeCost),
      row('peak RSS ingest', large.ingestRssKib / 1024, 'MiB'),
      row('peak RSS scan', large.scanRssKib / 1024, 'MiB'),
    ]
  },
}

function row(metric: string, value: number, unit: string, ratio: number | null = null): ResultRow {
  return { workload: 'growth', engine: 'forgeone', metric, value, unit, ratio }
}

async function grow(entries: number): Promise<Grown> {
  return await withDirectory(async (path) => {
    const child = childArguments('grow', path, String(entries))
    const { stdout } = await promisify(execFile)(process.execPath, child)
    // Printed by the child in this shape.
    return JSON.parse(stdout) as Grown
  })
}
