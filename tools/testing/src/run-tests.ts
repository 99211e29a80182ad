/** The last part of `pnpm test`: the tests of all packages by Turborepo, which keeps results whose inputs did not change. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { machineFacts } from './machine-facts.ts'

const root = join(import.meta.dirname, '../../..')
const dataFolder = join(process.env['FORGE_SHARED'] ?? join(root, '../shared'), 'data')
const machine = machineFacts({ searchPath: process.env['PATH'] ?? '', dataFolder })
/** Two of them: the tests of a package wait for disks and for processes of their own. */
const SHAPE = ['--concurrency=2', '--log-order=grouped', '--output-logs=errors-only']

const { status, error } = spawnSync('turbo', ['run', 'test', ...SHAPE, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FORGE_TEST_MACHINE: machine },
})
if (error !== undefined) console.error(`turbo does not start: ${error.message}; run this as pnpm test`)
process.exitCode = status ?? 1
