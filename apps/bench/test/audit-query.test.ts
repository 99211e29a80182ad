import { expect, test } from 'vitest'
import { Dataset } from '../src/data/dataset.ts'
import { auditQuery } from '../src/workloads/audit-query.ts'

test('queries of the audit log find the same with the index and by scanning, and the log is verified', async () => {
  const rows = await auditQuery.run({
    dataset: Dataset.load(undefined),
    n: 3000,
    runs: 1,
    engines: ['forgeone'],
  })
  expect(rows.map(({ engine, metric }) => `${engine}: ${metric}`)).toEqual([
    'forgeone: by who, 100 hits',
    'scan: by who, 100 hits',
    'forgeone: by an act that never was, 0 hits',
    'scan: by an act that never was, 0 hits',
    'forgeone: by time, 1000 hits',
    'scan: by time, 1000 hits',
    'forgeone: verifyOwn',
  ])
  for (const { metric, value } of rows) expect([metric, value > 0]).toEqual([metric, true])
})
