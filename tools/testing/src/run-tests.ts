/** The last part of `pnpm test`: the tests of all packages by Turborepo, which keeps results whose inputs did not change. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { affectedFilters, type TestTasks } from './affected-filters.ts'
import { machineFacts } from './machine-facts.ts'

const root = join(import.meta.dirname, '../../..')
const dataFolder = join(process.env['FORGE_SHARED'] ?? join(root, '../shared'), 'data')
const machine = machineFacts({ searchPath: process.env['PATH'] ?? '', dataFolder })
/** Two of them: the tests of a package wait for disks and for processes of their own. */
const SHAPE = ['--concurrency=2', '--log-order=grouped', '--output-logs=errors-only']

const { status, error } = spawnSync('turbo', ['run', 'test', ...SHAPE, ...words(process.argv.slice(2))], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FORGE_TEST_MACHINE: machine },
})
if (error !== undefined) console.error(`turbo does not start: ${error.message}; run this as pnpm test`)
process.exitCode = status ?? 1

/** `--affected` becomes the filters that it stands for. */
function words(given: readonly string[]): readonly string[] {
  if (!given.includes('--affected')) return given
  const others = given.filter((word) => word !== '--affected')
  const base = process.env['TURBO_SCM_BASE'] ?? 'main'
  const { tasks } = JSON.parse(readFileSync(join(root, 'turbo.json'), 'utf8')) as {
    readonly tasks: TestTasks
  }
  return [...others, ...(affectedFilters(changedSince(base), { tasks, base }) ?? [])]
}

/** Committed or not, new files too. */
function changedSince(base: string): readonly string[] {
  return [
    ...linesOfGit('diff', '--name-only', '--merge-base', base),
    ...linesOfGit('ls-files', '--others', '--exclude-standard'),
  ]
}

function linesOfGit(...args: readonly string[]): readonly string[] {
  const printed = execFileSync('git', args, { cwd: root, encoding: 'utf8' })
  return printed.split('\n').filter((line) => line !== '')
}
