/** Go checks its own module checksums with packages for notes and tiles; where Go is installed they check ours. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatReceipt } from '@forgeone/audit'
import { expect, onTestFinished, test } from 'vitest'
import { exportLog } from './exported-log.ts'

const BUILD_TIMEOUT_MS = 300_000

const goRoot = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).stdout?.trim() ?? ''
/** Part of the sources of Go. */
const sumdb = join(goRoot, 'src/cmd/vendor/golang.org/x/mod/sumdb')
const hasGo = goRoot !== '' && existsSync(join(sumdb, 'tlog'))
if (!hasGo) process.stderr.write('notice: no foreign implementation is tried, because Go is not there\n')

/** @returns the program, built in the folder */
function build(folder: string): string {
  for (const name of ['note', 'tlog'])
    cpSync(join(sumdb, name), join(folder, 'mod/sumdb', name), { recursive: true })
  // Before it was part of the standard library, Ed25519 came from elsewhere.
  const note = join(folder, 'mod/sumdb/note/note.go')
  writeFileSync(note, readFileSync(note, 'utf8').replace('golang.org/x/crypto/ed25519', 'crypto/ed25519'))
  mkdirSync(join(folder, 'mod/internal'), { recursive: true })
  const lazyRegexp = join(sumdb, '../internal/lazyregexp')
  if (existsSync(lazyRegexp)) cpSync(lazyRegexp, join(folder, 'mod/internal/lazyregexp'), { recursive: true })
  writeFileSync(join(folder, 'mod/go.mod'), 'module golang.org/x/mod\n\ngo 1.19\n')
  const requirement = 'require golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n'
  writeFileSync(join(folder, 'go.mod'), `module foreign\n\ngo 1.19\n\n${requirement}`)
  cpSync(fileURLToPath(new URL('../foreign/main.go', import.meta.url)), join(folder, 'main.go'))
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local' }
  const built = spawnSync('go', ['build', '-o', 'foreign', '.'], { cwd: folder, env, encoding: 'utf8' })
  expect(built.stderr).toBe('')
  return join(folder, 'foreign')
}

// Skipped where Go is absent; the notice above says so.
test.skipIf(!hasGo)(
  'the packages of Go accept our logs and receipts, make the same proofs, and refuse an edited leaf',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'forge-foreign-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    const program = build(root)
    for (const size of [1, 255, 256, 257, 66_000]) {
      const directory = join(root, String(size))
      const audit = await exportLog({ directory, size })
      const receipt = join(directory, 'receipt')
      writeFileSync(receipt, formatReceipt(await audit.receipt(Math.floor(size * 0.7))))
      const verify = (): { stdout: string; stderr: string } =>
        spawnSync(program, [directory, receipt], { encoding: 'utf8' })
      expect(verify()).toMatchObject({ stdout: 'ok\n', stderr: '' })
      const bundle = join(directory, `tile/entries/000${size < 256 ? `.p/${size}` : ''}`)
      const bytes = readFileSync(bundle)
      bytes[40]! ^= 1
      writeFileSync(bundle, bytes)
      expect(verify().stderr).toContain('refused: leaf 0')
    }
  },
  BUILD_TIMEOUT_MS,
)
