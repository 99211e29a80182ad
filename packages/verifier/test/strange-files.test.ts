import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const PROGRAM = join(import.meta.dirname, '../src/verify.mjs')
/** A process that waits for a writer never answers. */
const ANSWER_MS = 60_000
const folder = mkdtempSync(join(tmpdir(), 'forge-verifier-'))
afterAll(() => rmSync(folder, { recursive: true }))

function verify(...words: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [PROGRAM, ...words], {
    cwd: folder,
    encoding: 'utf8',
    timeout: ANSWER_MS,
  })
}

test.each(['receipt', 'log', 'bundle'])(
  'a pipe or a device in the place of a file of a %s is refused at once',
  (kind) => {
    writeFileSync(join(folder, 'log.vkey'), 'forgeone/a+00000000+AQ\n')
    execFileSync('mkfifo', ['-m', '600', join(folder, `pipe-${kind}`)])
    for (const path of [`pipe-${kind}`, '/dev/zero']) {
      // As what is checked, and as the key.
      expect(verify(kind, path, '--vkey', 'log.vkey')).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/^refused: /),
      })
      expect(verify(kind, 'log.vkey', '--vkey', path)).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('is no file'),
      })
    }
  },
)

test('a file of keys may have blank lines, and has at least one key', () => {
  writeFileSync(join(folder, 'blank.vkey'), '\n\n')
  expect(verify('receipt', 'blank.vkey', '--vkey', 'blank.vkey').stdout).toContain('no verifier key')
})
