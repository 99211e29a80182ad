import { spawn } from 'node:child_process'
import type { WorkloadInput, Workload } from './workload.ts'
import { ENGINES } from '../engines/engines.ts'
import { compare, type ResultRow } from '../report/result-row.ts'
import { childArguments } from './child-arguments.ts'
import { directoryTreeBytes, Samples, withDirectory } from './workload.ts'

const ENTRIES_DEFAULT = 1_000_000
const JOURNAL_BYTES = 60 * 1024 * 1024

/** How long opening takes after a clean close, and after a kill that leaves the journal nearly full. */
export const open: Workload = {
  name: 'open',
  summary: 'opening a store after a clean close, and after SIGKILL with up to 64 MiB of journal',
  async run(input: WorkloadInput): Promise<readonly ResultRow[]> {
    return [...(await afterCleanClose(input)), ...(await afterKill(input))]
  },
}

async function afterCleanClose({
  dataset,
  n = ENTRIES_DEFAULT,
  runs,
}: WorkloadInput): Promise<readonly ResultRow[]> {
  const samples = new Samples()
  await withDirectory(async (path) => {
    const filled = ENGINES['forgeone']!()
    await filled.open(path)
    for (const batch of dataset.batches(n)) await filled.appendBatch(batch)
    await filled.close()
    for (let run = 0; run < runs; run++) {
      const engine = ENGINES['forgeone']!()
      const startedMs = performance.now()
      await engine.open(path)
      samples.add('forgeone', performance.now() - startedMs)
      await engine.close()
    }
  })
  return compare({ workload: 'open', metric: 'clean', unit: 'ms', better: 'lower', samples: samples.all })
}

async function afterKill({ runs }: WorkloadInput): Promise<readonly ResultRow[]> {
  const samples = new Samples()
  for (let run = 0; run < runs; run++) {
    await withDirectory(async (path) => {
      await writeAndDie(path)
      const engine = ENGINES['forgeone']!()
      const startedMs = performance.now()
      await engine.open(path)
      samples.add('forgeone', performance.now() - startedMs)
      await engine.close()
    })
  }
  return compare({
    workload: 'open',
    metric: 'after SIGKILL',
    unit: 'ms',
    better: 'lower',
    samples: samples.all,
  })
}

async function writeAndDie(path: string): Promise<void> {
  const victim = spawn(process.execPath, childArguments('fill', path), { stdio: 'ignore' })
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (journalBytes(path) >= JOURNAL_BYTES) victim.kill('SIGKILL')
    }, 5)
    victim.once('close', () => {
      clearInterval(timer)
      resolve()
    })
  })
}

function journalBytes(path: string): number {
  try {
    return directoryTreeBytes(`${path}/journal`)
  } catch {
    return 0
  }
}
