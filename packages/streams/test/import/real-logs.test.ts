import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { concatBytes } from '@forgeone/common'
import { expect, test } from 'vitest'
import { decompress } from '../../src/import/decompress.ts'
import { readLogBatches } from '../../src/import/import-source.ts'
import { TERMINATOR_BYTES } from '../../src/import/import-row.ts'

const folder = fileURLToPath(new URL('../../../../../shared/data/logs/', import.meta.url))
const isPresent = existsSync(folder)
if (!isPresent) console.warn(`skipped: no sample logs in ${folder}`)

test.skipIf(!isPresent).each([
  ['Apache_2k.log', 'apache-error', '2005-12-04T04:47:44.000Z'],
  ['BGL_2k.log', 'bgl', '2005-06-03T22:42:50.000Z'],
  ['HDFS_2k.log', 'hdfs', '2008-11-09T20:36:15.000Z'],
  ['Hadoop_2k.log', 'iso', '2015-10-18T18:01:47.978Z'],
  ['OpenSSH_2k.log', 'syslog', '2016-12-10T06:55:46.000Z'],
  ['OpenStack_2k.log', 'file-name-iso', '2017-05-16T00:00:00.008Z'],
  ['Proxifier.log', 'proxifier', '2016-10-30T16:49:06.000Z'],
  ['Spark_2k.log', 'spark', '2017-06-09T20:10:40.000Z'],
  ['Zookeeper_2k.log', 'iso', '2015-07-29T17:41:44.747Z'],
  ['apache_access_10k.log', 'access', '2015-05-17T10:05:03.000Z'],
])('%s is read as %s and comes back byte for byte', async (name, parserName, first) => {
  const path = `${folder}${name}`
  const parts: Uint8Array[] = []
  let parsed = 0
  let total = 0
  let firstTime: number | undefined
  const options = { defaultTimestamp: Date.UTC(2020, 0, 1), year: 2016 }
  for await (const batch of readLogBatches(decompress(createReadStream(path)), options)) {
    expect(batch.detection.parserName).toBe(parserName)
    for (const row of batch.rows) {
      parts.push(row.message, TERMINATOR_BYTES[row.terminator])
      firstTime ??= row.timestamp
      total += 1
      if (row.parsed) parsed += 1
    }
  }
  expect(new Date(firstTime!).toISOString()).toBe(first)
  expect(parsed / total).toBeGreaterThanOrEqual(0.95)
  expect(statSync(path).size).toBeGreaterThan(0)
  expect(Buffer.compare(concatBytes(parts), readFileSync(path))).toBe(0)
})
