import { expect, test } from 'vitest'
import { Dataset } from '../src/data/dataset.ts'
import { auditLog } from '../src/workloads/audit-log.ts'

test('the audit log is measured, and every figure is one', async () => {
  const rows = await auditLog.run({
    dataset: Dataset.load(undefined),
    n: 2000,
    runs: 1,
    engines: ['forgeone'],
  })
  expect(rows.map(({ metric }) => metric)).toContain('verifyLog')
  for (const { metric, value } of rows) expect([metric, value > 0]).toEqual([metric, true])
  const bytes = rows.find(({ metric }) => metric === '.tlog-proof')!.value
  expect(bytes).toBeLessThan(1536)
})
