import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { inject, test } from 'vitest'

const run = promisify(execFile)

// Of the long tier: the realm compiles every module anew for each of its files.
test.runIf(inject('isLongTier'))(
  'a store works where every file of tests is a realm of its own',
  async () => {
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
    const folder = join(import.meta.dirname, 'realm')
    const { NODE_OPTIONS: _, VITEST: __, ...environment } = process.env
    // Its exit status is the answer.
    await run(process.execPath, [vitest, 'run', '--config', join(folder, 'vitest.config.ts')], {
      cwd: folder,
      env: environment,
    })
  },
)
