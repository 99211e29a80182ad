import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Dataset } from './data/dataset.ts'
import { ENGINES } from './engines/engines.ts'
import { machineFacts, printRows } from './report/print-report.ts'
import type { ResultRow } from './report/result-row.ts'
import { appendConcurrent, appendSingle } from './workloads/append.ts'
import { cacheHit } from './workloads/cache-hit.ts'
import { cacheImages } from './workloads/cache-images.ts'
import { cacheTrace } from './workloads/cache-trace.ts'
import { auditLog } from './workloads/audit-log.ts'
import { auditQuery } from './workloads/audit-query.ts'
import { compressCold } from './workloads/compress-cold.ts'
import { consume, latency } from './workloads/consume.ts'
import { growth } from './workloads/growth.ts'
import { ingest } from './workloads/ingest.ts'
import { ingestAudited } from './workloads/ingest-audited.ts'
import { keyRotation } from './workloads/key-rotation.ts'
import { open } from './workloads/open.ts'
import { vaultRead } from './workloads/vault-read.ts'
import { ingestCompacting } from './workloads/ingest-compacting.ts'
import { readsBesideWriters } from './workloads/reads-beside-writers.ts'
import { get, range, search } from './workloads/reads.ts'
import { searchCold } from './workloads/search-cold.ts'
import { start } from './workloads/start.ts'
import type { Workload } from './workloads/workload.ts'

const WORKLOADS: readonly Workload[] = [
  ingest,
  appendConcurrent,
  appendSingle,
  range,
  search,
  get,
  open,
  growth,
  compressCold,
  searchCold,
  ingestCompacting,
  consume,
  latency,
  auditLog,
  auditQuery,
  ingestAudited,
  keyRotation,
  vaultRead,
  readsBesideWriters,
  cacheTrace,
  cacheHit,
  cacheImages,
  start,
]
const RUNS_DEFAULT = 5

const USAGE = `pnpm bench [WORKLOAD…] [--n N] [--runs N] [--engines a,b] [--file LOG] [--json FILE]
           [--level fast|default|max] [--query TEXT] [--trace FILE]… [--policy P] [--entries N,…]

${WORKLOADS.map(({ name, summary }) => `  ${name.padEnd(22)} ${summary}`).join('\n')}
`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      n: { type: 'string' },
      runs: { type: 'string' },
      engines: { type: 'string' },
      file: { type: 'string' },
      json: { type: 'string' },
      level: { type: 'string' },
      query: { type: 'string' },
      trace: { type: 'string', multiple: true },
      policy: { type: 'string' },
      entries: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const chosen =
    positionals.length === 0 ? WORKLOADS : WORKLOADS.filter(({ name }) => positionals.includes(name))
  const unknown = positionals.find((name) => !WORKLOADS.some((workload) => workload.name === name))
  if (values.help === true || unknown !== undefined) {
    process.stdout.write(unknown === undefined ? USAGE : `unknown workload ${unknown}\n\n${USAGE}`)
    return unknown === undefined ? 0 : 2
  }
  const file = values.file === undefined ? undefined : fromUser(values.file)
  const dataset = Dataset.load(file)
  const engines =
    values.engines === undefined
      ? Object.keys(ENGINES)
      : ['forgeone', ...values.engines.split(',').filter((name) => name !== 'forgeone' && name in ENGINES)]
  process.stdout.write(`${JSON.stringify(machineFacts())}\ndata: ${dataset.origin}\n\n`)
  const rows: ResultRow[] = []
  for (const workload of chosen) {
    const measured = await workload.run({
      dataset,
      n: numberOf(values.n),
      runs: numberOf(values.runs) ?? RUNS_DEFAULT,
      engines,
      file,
      level: levelOf(values.level),
      query: values.query,
      traces: values.trace?.map(fromUser),
      policy: values.policy,
      entries: values.entries?.split(',').map((part) => numberOf(part)!),
    })
    rows.push(...measured)
    printRows(measured)
  }
  if (values.json !== undefined) {
    const path = fromUser(values.json)
    writeFileSync(
      path,
      `${JSON.stringify({ machine: machineFacts(), data: dataset.origin, rows }, undefined, 2)}\n`,
    )
  }
  return 0
}

/** From the workspace root, pnpm runs us elsewhere; the user stands where INIT_CWD says. */
function fromUser(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path)
}

function levelOf(text: string | undefined): 'fast' | 'default' | 'max' | undefined {
  if (text === undefined || text === 'fast' || text === 'default' || text === 'max') return text
  throw new Error(`"${text}" is not a level: fast, default or max`)
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is not a positive whole number`)
  return value
}

process.exitCode = await main()
