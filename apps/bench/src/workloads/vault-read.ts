import { Forge } from '@forgeone/storage-manager'
import { compare } from '../report/result-row.ts'
import { collectGarbage, Samples, seconds, withDirectory, type Workload } from './workload.ts'

const KEY = new Uint8Array(32).fill(7)
const READS_DEFAULT = 20_000
const SECRETS = 100
const CALLERS = [1, 64]

/** Secret readings, each of which is a durable leaf of the audit log before the value is handed out. */
export const vaultRead: Workload = {
  name: 'vault-read',
  summary: 'reading secrets with each reading durable in the log first, by 1 and by 64 callers',
  async run({ n = READS_DEFAULT, runs }) {
    const rates = new Map(CALLERS.map((callers) => [callers, new Samples()]))
    for (let run = 0; run < runs; run++) {
      for (const [callers, samples] of rates) {
        collectGarbage()
        samples.add(
          'forgeone',
          await withDirectory((path) => readMany(path, { callers, n: callers === 1 ? n / 10 : n })),
        )
      }
    }
    return [...rates].flatMap(([callers, samples]) =>
      compare({
        workload: 'vault-read',
        metric: `${callers} callers`,
        unit: '1/s',
        better: 'higher',
        samples: samples.all,
      }),
    )
  },
}

async function readMany(
  path: string,
  { callers, n }: { readonly callers: number; readonly n: number },
): Promise<number> {
  await using forge = await Forge.open({ path, secret: { key: KEY } })
  for (let index = 0; index < SECRETS; index++) await forge.vault.set(`app/secret-${index}`, `value ${index}`)
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < n) {
      const index = next++ % SECRETS
      const secret = await forge.vault.get(`app/secret-${index}`)
      if (secret?.text() !== `value ${index}`) throw new Error('a secret has another value')
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return n / seconds(startedMs)
}
