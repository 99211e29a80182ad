import { expect, test } from 'vitest'
import { Dataset } from '../src/data/dataset.ts'
import { ENGINES } from '../src/engines/engines.ts'
import { compare } from '../src/report/result-row.ts'
import { appendConcurrent, appendSingle } from '../src/workloads/append.ts'
import { ingest } from '../src/workloads/ingest.ts'
import { get, range, search } from '../src/workloads/reads.ts'

const engines = Object.keys(ENGINES)

test.each([ingest, appendConcurrent, appendSingle, range, search, get])(
  'every engine completes a small $name, and reads return the same rows',
  async (workload) => {
    const rows = await workload.run({ dataset: Dataset.load(undefined), n: 300, runs: 1, engines })
    const metric = rows[0]!.metric
    expect(rows.filter((row) => row.metric === metric).map((row) => row.engine)).toEqual(engines)
    expect(rows.every((row) => row.value > 0)).toBe(true)
  },
)

test('a ratio above one is better for ForgeOne, also where less is better', () => {
  const samples = new Map([
    ['forgeone', [10, 30, 20]],
    ['rival', [40, 40, 40]],
  ])
  const row = { workload: 'w', metric: 'm', unit: 'u', samples }
  expect(compare({ ...row, better: 'higher' })[1]!.ratio).toBe(0.5)
  expect(compare({ ...row, better: 'lower' })[1]!.ratio).toBe(2)
})
