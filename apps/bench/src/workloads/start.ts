import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Forge } from '@forgeone/storage-manager'
import { compare } from '../report/result-row.ts'
import { Samples, withDirectory, type Workload } from './workload.ts'

const STARTS_DEFAULT = 20
const KEY = new Uint8Array(32).fill(7)
/** As it is published: one file a command. */
const FORGE = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url))

/** Whole processes in turns: what a command costs beside Node.js itself. */
export const start: Workload = {
  name: 'start',
  summary: 'a help and a setting from the command line, next to `node -e 0`',
  async run({ n = STARTS_DEFAULT }) {
    return await withDirectory(async (directory) => {
      const path = join(directory, 'store')
      const keyFile = join(directory, 'key')
      writeFileSync(keyFile, KEY, { mode: 0o600 })
      const forge = await Forge.open({ path, secret: { key: KEY } })
      await forge.settings.set('ui.theme', 'dark')
      await forge.close()
      const get = ['settings', 'get', 'ui.theme', '--data', path, '--key-file', keyFile]
      return [
        ...inTurns('forge --help', [FORGE, '--help'], n),
        ...inTurns('settings get', [FORGE, ...get], n),
      ]
    })
  },
}

function inTurns(metric: string, words: readonly string[], n: number): ReturnType<typeof compare> {
  const samples = new Samples()
  for (let index = 0; index < n; index++) {
    samples.add('forgeone', processMs(words))
    samples.add('node -e 0', processMs(['-e', '0']))
  }
  return compare({ workload: 'start', metric, unit: 'ms', better: 'lower', samples: samples.all })
}

function processMs(words: readonly string[]): number {
  const startedMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} failed: ${stderr}`)
  return performance.now() - startedMs
}
