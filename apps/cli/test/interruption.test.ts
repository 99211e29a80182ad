/** Ctrl-C and kill in the middle of work: nothing acknowledged is lost, and a second run finishes without duplicates. */
import { readdir, stat, writeFile } from 'node:fs/promises'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, finish, startForge, temporaryFolder } from './run-forge.ts'

const LINES = 60_000
const JOURNAL_BYTES = 60_000
const WORDS = ['logs', 'import', 'app.log', '--batch-lines', '50', '--data', 'data']

async function writeLog(path: string): Promise<string> {
  const text = Array.from({ length: LINES }, (_, n) => `2026-01-01T00:00:00Z INFO request ${n}\n`).join('')
  await writeFile(path, text)
  return text
}

/** Waits until an import has committed something and is still at it. */
async function inTheMiddle(child: ChildProcess, cwd: string): Promise<void> {
  const journal = join(cwd, 'data', 'journal')
  for (;;) {
    const names = await readdir(journal)
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(journal, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    if (sizes.reduce((sum, size) => sum + size, 0) > JOURNAL_BYTES) return
    if (child.exitCode !== null) throw new Error('the import ended before it could be interrupted')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

it('Ctrl-C stops an import at a commit, a kill anywhere, and the next run goes on where they stopped', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  const text = await writeLog(join(cwd, 'app.log'))

  const first = startForge(WORDS, { cwd })
  await inTheMiddle(first, cwd)
  first.kill('SIGINT')
  const interrupted = await finish(first)
  expect(interrupted.code).toBe(130)
  expect(interrupted.stderr).toMatch(/stopped after [\d,]+ lines; all of them are kept \[INTERRUPTED\]/)
  expect(await readdir(join(cwd, 'data'))).not.toContain('lock')
  const kept = Number(/stopped after ([\d,]+)/.exec(interrupted.stderr)![1]!.replaceAll(',', ''))
  const counted = await runForge(['logs', 'search', 'topic:app', '--count', '--data', 'data'], { cwd })
  expect(Number(counted.stdout)).toBe(kept)

  const second = startForge(WORDS, { cwd })
  await inTheMiddle(second, cwd)
  second.kill('SIGKILL')
  expect((await finish(second)).code).toBeNull()

  const third = await runForge(['logs', 'import', 'app.log', '--data', 'data'], { cwd })
  expect(third.code).toBe(0)
  expect(third.stderr).toContain('went on at')
  const exported = await runForge(['logs', 'export', 'app', '--raw', '--data', 'data'], { cwd })
  expect(exported.stdout === text).toBe(true)
  expect((await runForge(['verify', '--data', 'data'], { cwd })).code).toBe(0)
})

it.each([
  ['a pipe that gives nothing', ['logs', 'import', '-']],
  ['a follower', ['logs', 'tail', '--follow']],
])('Ctrl-C ends %s with 130 and closes the store', async (_title, words) => {
  await using folder = await temporaryFolder()
  await createStore(folder.path)
  const child = startForge([...words, '--data', 'data'], { cwd: folder.path })
  while (!(await readdir(join(folder.path, 'data'))).includes('lock'))
    await new Promise((resolve) => setTimeout(resolve, 5))
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  expect(await code).toBe(130)
  expect(await readdir(join(folder.path, 'data'))).not.toContain('lock')
})
