/** What somebody sees who has an older Node.js. */
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from './run-forge.ts'

const MAIN = join(import.meta.dirname, '../dist/main.js')
const LIBRARY = join(import.meta.dirname, '../../../packages/storage-manager/dist/index.js')

/** A real one, where the machine has it beside that of the tests. */
function oldNode(): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, 'node')
    try {
      const [major = 99] = execFileSync(path, ['-p', 'process.versions.node'], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
        .split('.')
        .map(Number)
      if (major < 22) return path
    } catch {
      // There is none, or it does not run.
    }
  }
  return undefined
}

const old = oldNode()
if (old === undefined)
  console.log('notice: no Node.js below 22 is on the path; a newer one is told that it is 20')

it('an older Node.js is refused in one line, by the program and by the library', async () => {
  await using folder = await temporaryFolder()
  const pretend = join(folder.path, 'pretend.mjs')
  await writeFile(pretend, "Object.defineProperty(process.versions, 'node', { value: '20.1.0' })\n")
  const run = (file: string): ReturnType<typeof spawnSync> =>
    old === undefined
      ? spawnSync(process.execPath, ['--import', pretend, file], { encoding: 'utf8' })
      : spawnSync(old, [file], { encoding: 'utf8' })
  const program = run(MAIN)
  expect([program.status, program.stdout]).toEqual([1, ''])
  expect(program.stderr).toMatch(/^forge: ForgeOne needs Node\.js 22\.15 or later, this is 20\.\d+\.\d+\n$/)
  const library = run(LIBRARY)
  expect(library.status).not.toBe(0)
  expect(library.stderr).toMatch(/Error: ForgeOne needs Node\.js 22\.15 or later, this is 20\./)
  expect(library.stderr).not.toContain('SyntaxError')
})
