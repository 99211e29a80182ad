/** Files that the command line reads whole: whatever lies at their path, it is answered at once and by name. */
import { execFileSync, spawn } from 'node:child_process'
import { chmod, mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import {
  createStore,
  finish,
  MAIN,
  openByPassphrase,
  type RunResult,
  SECRET,
  temporaryFolder,
} from './run-forge.ts'

openByPassphrase()

const SPARSE_BYTES = 3 * 2 ** 30
/** Of a process that waits for a writer there is never an answer; one of a busy machine takes its time. */
const ANSWER_MS = 60_000
/** Codes of the commands that say which kind of file they wanted. */
const CODES =
  /\[(?:INPUT_UNREADABLE|INPUT_NOT_FOUND|KEY_FILE_UNSAFE|KEY_SECRET_WEAK|STREAM_LIMIT|IO_FAILED)\]/

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let cwd: string

beforeAll(async () => {
  folder = await temporaryFolder()
  cwd = folder.path
  await createStore(cwd)
  await using file = await open(join(cwd, 'sparse'), 'wx', 0o600)
  await file.truncate(SPARSE_BYTES)
  await mkdir(join(cwd, 'directory'), { mode: 0o700 })
  execFileSync('mkfifo', ['-m', '600', join(cwd, 'fifo')])
  await writeFile(join(cwd, 'secret'), `${SECRET}\n`)
  await writeFile(join(cwd, 'log.vkey'), 'x\n')
})
afterAll(async () => await folder[Symbol.asyncDispose]())

const data = ['--data', 'data']
const reads: Readonly<Record<string, (file: string) => readonly string[]>> = {
  'a secret': (file) => ['topics', '--secret-file', file, ...data],
  'a key': (file) => ['init', 'other', '--key-file', file],
  shares: (file) => ['topics', '--shares-file', file, ...data],
  'a new secret': (file) => ['keys', 'rewrap', '--new-secret-file', file, ...data],
  'a new key': (file) => ['keys', 'add-provider', '--new-key-file', file, ...data],
  'a value': (file) => ['vault', 'set', 'a/b', '--file', file, ...data],
  variables: (file) => ['vault', 'import', '--file', file, ...data],
  'a policy': (file) => ['audit', 'anchor', '--policy', file, ...data],
  'a verifier key': (file) => ['compliance', 'verify', 'secret', '--vkey', file],
  'a certificate': (file) => ['compliance', 'verify', file, '--vkey', 'log.vkey'],
}

async function answerOf(words: readonly string[]): Promise<RunResult> {
  const started = performance.now()
  // Without a prompt, what would be asked for is an error too.
  const result = await runForge(words, {
    cwd,
    env: words.includes('topics') ? { FORGE_SECRET: undefined } : {},
  })
  expect(performance.now() - started).toBeLessThan(ANSWER_MS)
  return result
}

for (const [name, words] of Object.entries(reads)) {
  describe(name, () => {
    it.each(['sparse', 'directory', 'fifo'])('is not read from a %s, which is named', async (file) => {
      const { code, stderr } = await answerOf(words(file))
      expect(code).toBeGreaterThan(0)
      expect(code).toBeLessThan(130)
      expect(stderr).toMatch(name === 'a certificate' && file === 'directory' ? /directory/ : CODES)
      expect(stderr).toContain(join(cwd, file))
    })
  })
}

/** Through a shell, since what a test pipes in is a socket. */
async function shell(script: string): Promise<RunResult> {
  const child = spawn('bash', ['-c', script], {
    cwd,
    env: { PATH: process.env['PATH'], FORGE: `${process.execPath} --conditions=@forgeone/source ${MAIN}` },
    stdio: 'pipe',
  })
  return await finish(child)
}

it.each([
  ['a pipe as /dev/stdin', 'cat secret | $FORGE topics --secret-file /dev/stdin --data data'],
  ['a file as /dev/stdin', '$FORGE topics --secret-file /dev/stdin --data data < secret'],
  ['what a shell substitutes', '$FORGE topics --secret-file <(sleep 0.3; cat secret) --data data'],
])('a secret is read from %s', async (_title, script) => {
  const { code, stderr } = await shell(script)
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('forge:')])
})

it.each([
  ['Latin-1', Buffer.from('pässwörd of many words', 'latin1')],
  ['UTF-16', Buffer.from(`\uFEFF${SECRET}`, 'utf16le')],
  ['UTF-16 without a mark', Buffer.from(SECRET, 'utf16le')],
])('a secret in %s is refused, not replaced', async (_title, bytes) => {
  await writeFile(join(cwd, 'other-encoding'), bytes)
  for (const words of [
    ['init', 'encoded', '--secret-file', 'other-encoding'],
    ['keys', 'rewrap', '--new-secret-file', 'other-encoding', ...data],
  ]) {
    const { code, stderr } = await answerOf(words)
    expect(code).toBe(1)
    expect(stderr).toContain('it is no text in UTF-8 [INPUT_UNREADABLE]')
  }
})

it('a secret of the environment that is no text is refused, not replaced', async () => {
  const { code, stderr } = await shell(`FORGE_SECRET=$'p\\xe4ss of many words' $FORGE init encoded`)
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('FORGE_SECRET is no text in UTF-8'),
  })
})

it('a byte order mark is no part of a secret', async () => {
  await writeFile(join(cwd, 'marked'), `\uFEFF${SECRET}\n`)
  expect(await shell('$FORGE topics --secret-file marked --data data')).toMatchObject({ code: 0 })
})

it('a value comes from standard input byte for byte, and a larger one than a secret may be is told its own limit', async () => {
  const set = await runForge(['vault', 'set', 'a/c', '--file', '-', ...data], { cwd, input: 'value\n' })
  expect(set.code).toBe(0)
  await writeFile(join(cwd, 'large'), 'x'.repeat(1024 * 1024 + 1))
  await chmod(join(cwd, 'large'), 0o600)
  const { code, stderr } = await answerOf(['vault', 'set', 'a/d', '--file', 'large', ...data])
  expect(code).toBe(2)
  expect(stderr).toContain('at most 1048576 bytes')
  expect(stderr).toContain('[VAULT_LIMIT]')
})

it('a payload is not taken from a directory or a file above the limit of an append', async () => {
  for (const file of ['sparse', 'directory']) {
    const { stderr } = await answerOf(['events', 'append', 'a', '--file', file, ...data])
    expect(stderr).toMatch(CODES)
    expect(stderr).toContain(join(cwd, file))
  }
})
