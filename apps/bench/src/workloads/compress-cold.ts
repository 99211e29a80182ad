import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, zstdCompressSync } from 'node:zlib'
import { Forge } from '@forgeone/storage-manager'
import { median, type ResultRow } from '../report/result-row.ts'
import { directoryTreeBytes, withDirectory, type Workload, type WorkloadInput } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
/** Entries from which the throughput is taken: a small file is over before the worker is warm. */
const ENTRIES_DEFAULT = 400_000

interface Compressed {
  readonly blockBytes: number
  readonly indexBytes: number
  readonly filterBytes: number
  readonly directoryBytes: number
}

/** Bytes of log files after compaction, next to the usual compressors over the same files; and the time it takes. */
export const compressCold: Workload = {
  name: 'compress-cold',
  summary: 'bytes of log files after compaction, and its throughput',
  async run(input) {
    const { file, level = 'default' } = input
    const files = file === undefined ? sampleFiles() : [file]
    const rows: ResultRow[] = []
    const totals = { raw: 0, ours: 0, zstd: 0 }
    for (const path of files) {
      const raw = statSync(path).size
      const ours = await compressFile(path, level)
      const whole = readFileSync(path)
      const zstd = zstd19(whole)
      const data = ours.blockBytes + ours.indexBytes
      totals.raw += raw
      totals.ours += data
      totals.zstd += zstd
      const metric = (what: string): string => `${basename(path)} ${what}`
      rows.push(
        row('forgeone', metric('raw bytes'), raw, 'B', null),
        row('forgeone', metric('blocks and index'), data, 'B', null),
        row('forgeone', metric('whole directory'), ours.directoryBytes, 'B', null),
        row('forgeone', metric('filters'), ours.filterBytes, 'B', null),
        row('zstd -19 --long', metric('blocks and index'), zstd, 'B', zstd / data),
        row('brotli -11', metric('blocks and index'), brotli11(whole), 'B', brotli11(whole) / data),
      )
    }
    rows.push(
      row('forgeone', 'all files', totals.ours, 'B', null),
      row('zstd -19 --long', 'all files', totals.zstd, 'B', totals.zstd / totals.ours),
      row('forgeone', 'all files: raw divided by ours', totals.raw / totals.ours, 'x', null),
      await throughput(input, level),
    )
    return rows
  },
}

function row(engine: string, metric: string, value: number, unit: string, ratio: number | null): ResultRow {
  return { workload: 'compress-cold', engine, metric, value, unit, ratio }
}

function sampleFiles(): readonly string[] {
  const folder = resolve(fileURLToPath(import.meta.url), '../../../../../../shared/data/logs')
  if (!existsSync(folder)) throw new Error('no sample logs beside the checkout: name a log with --file')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(folder, name))
}

async function compressFile(path: string, level: 'fast' | 'default' | 'max'): Promise<Compressed> {
  return await withDirectory(async (directory) => {
    const forge = await Forge.open({ path: directory, secret: { key: KEY }, compaction: 'manual' })
    await forge.logs.importFrom(createReadStream(path), { topic: 'log' })
    await forge.logs.compact({ level })
    const bytes = forge.logs.coldBytes()
    await forge.close()
    return { ...bytes, directoryBytes: directoryTreeBytes(directory) }
  })
}

/** Raw bytes a second of one compaction, over entries made from the same lines. */
async function throughput(
  { dataset, n = ENTRIES_DEFAULT, runs }: WorkloadInput,
  level: 'fast' | 'default' | 'max',
): Promise<ResultRow> {
  const rates: number[] = []
  for (let run = 0; run < runs; run++) {
    await withDirectory(async (directory) => {
      const forge = await Forge.open({ path: directory, secret: { key: KEY }, compaction: 'manual' })
      for (const batch of dataset.batches(n)) await forge.logs.append(batch)
      const startedMs = performance.now()
      await forge.logs.compact({ level })
      const seconds = (performance.now() - startedMs) / 1000
      rates.push(forge.logs.coldBytes().rawBytes / 1e6 / seconds)
      await forge.close()
    })
  }
  return row('forgeone', `compaction at ${level}`, median(rates), 'MB/s raw', null)
}

function zstd19(bytes: Uint8Array): number {
  return zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: 19,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_windowLog]: 27,
    },
  }).length
}

function brotli11(bytes: Uint8Array): number {
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  }).length
}
