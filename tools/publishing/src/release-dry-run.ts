/**
 * `pnpm release:dry`: everything that a release does, but for sending it away. It needs no login, and stops at the first
 * step that fails with what to do about it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { published, releaseTable } from './release-table.ts'

const root = join(import.meta.dirname, '../../..')
/** Registry and network are not asked: whatever is answered there belongs to the release itself. */
const DRY_PUBLISH = ['--recursive', 'publish', '--dry-run', '--no-git-checks', '--json']
const TESTS = ['packaging', 'readmes', 'readme-commands'].map((name) => `test/${name}.test.ts`)

const steps: readonly (() => void)[] = [
  () => expectCommitted('commit or remove what is not committed: a release is what a commit says'),
  () => pnpm(['run', 'build'], 'the build failed: mend it, then begin again'),
  () =>
    pnpm(
      ['--filter', '@forgeone/smoke', 'exec', 'vitest', 'run', ...TESTS],
      'the packed packages are not what they should be: see the failed tests above',
    ),
  () => {
    const answer = pnpm(DRY_PUBLISH, 'a package cannot be published: see above', { isKept: true })
    console.log(releaseTable(published(answer)))
  },
  () =>
    expectCommitted('the release changed files of the checkout: commit them, or find out what writes them'),
]

try {
  for (const step of steps) step()
  console.log('\nThis would be published. CONTRIBUTING.md says how, under "Release".')
} catch (error) {
  console.error(`\nrelease:dry failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

function expectCommitted(advice: string): void {
  const changes = run('git', ['status', '--porcelain'], 'git cannot tell what is committed', { isKept: true })
  if (changes !== '') throw new Error(`${advice}\n${changes}`)
}

function pnpm(words: readonly string[], advice: string, options?: RunOptions): string {
  console.log(`\n> pnpm ${words.join(' ')}`)
  // pnpm names its own program to the scripts that it runs.
  const program = process.env['npm_execpath']
  if (program === undefined || !program.includes('pnpm')) return run('pnpm', words, advice, options)
  return /\.[cm]?js$/.test(program)
    ? run(process.execPath, [program, ...words], advice, options)
    : run(program, words, advice, options)
}

interface RunOptions {
  /** The output is the answer, and not shown. */
  readonly isKept: boolean
}

function run(
  program: string,
  words: readonly string[],
  advice: string,
  { isKept }: RunOptions = { isKept: false },
): string {
  const { status, error, stdout } = spawnSync(program, words, {
    cwd: root,
    // Each README is pasted on both Node.js.
    env: { ...process.env, FORGE_TEST_TIER: 'long' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', isKept ? 'pipe' : 'inherit', 'inherit'],
  })
  if (error !== undefined) throw new Error(`${advice} (${program} does not start)`, { cause: error })
  if (status !== 0) {
    // Asked for JSON, pnpm gives its reason as the answer.
    if (isKept) console.error(stdout)
    throw new Error(advice)
  }
  return isKept ? stdout : ''
}
