import { createReadStream, existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { asBuffer } from '@forgeone/common'
import { encodeSection, Section, type SectionLevel, type SectionRows } from '@forgeone/log-codec'
import { expect, test } from 'vitest'
import { decompress } from '../../src/import/decompress.ts'
import { readLogBatches } from '../../src/import/import-source.ts'
import { sectionRowsOf } from './section-rows-of.ts'

const folder = fileURLToPath(new URL('../../../../../shared/data/logs/', import.meta.url))
const isPresent = existsSync(folder)
if (!isPresent) console.warn(`skipped: no sample logs in ${folder}`)

async function importedRows(path: string): Promise<SectionRows> {
  const texts: Uint8Array[] = []
  const timestamps: number[] = []
  const levels: number[] = []
  const options = { defaultTimestamp: Date.UTC(2020, 0, 1), year: 2016 }
  for await (const batch of readLogBatches(decompress(createReadStream(path)), options)) {
    for (const row of batch.rows) {
      texts.push(row.message.slice())
      timestamps.push(row.timestamp)
      levels.push(row.level)
    }
  }
  return sectionRowsOf(texts, { timestamps: Float64Array.from(timestamps), levels: Uint8Array.from(levels) })
}

/** Ceilings hold a little more than was measured: a change that loses more must be looked at. */
test.skipIf(!isPresent).each<[string, SectionLevel, number]>([
  ['Proxifier.log', 'max', 58_500],
  ['Proxifier.log', 'default', 63_500],
  ['Proxifier.log', 'fast', 210_000],
  ['apache_access_10k.log', 'fast', 300_000],
  ['Apache_2k.log', 'default', 3_000],
  ['BGL_2k.log', 'default', 30_000],
  ['HDFS_2k.log', 'default', 31_500],
  ['Hadoop_2k.log', 'default', 9_000],
  ['OpenSSH_2k.log', 'default', 4_400],
  ['OpenStack_2k.log', 'default', 32_500],
  ['Spark_2k.log', 'default', 4_600],
  ['Zookeeper_2k.log', 'default', 9_300],
  ['apache_access_10k.log', 'default', 97_000],
])('%s at level %s takes at most %i bytes and comes back', async (name, level, bytesMax) => {
  const path = `${folder}${name}`
  const rows = await importedRows(path)
  expect(statSync(path).size).toBeGreaterThanOrEqual(rows.text.length)
  const { bytes, fallback } = encodeSection(rows, { level })
  expect(fallback).toBe(false)
  expect(bytes.length).toBeLessThanOrEqual(bytesMax)
  const section = new Section(bytes)
  for (const literal of ['error', '10.', 'INFO', 'closed']) {
    const wanted = asBuffer(Buffer.from(literal))
    const expected: number[] = []
    for (let row = 0; row < rows.count; row++) {
      const text = asBuffer(rows.text.subarray(rows.textOffsets[row], rows.textOffsets[row + 1]))
      if (text.includes(wanted)) expected.push(row)
    }
    expect([...section.rowsWithLiteral(wanted)]).toEqual(expected)
  }
})
