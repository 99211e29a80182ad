/** What a mistake costs: an exit code, a message that says what to do, and nothing else. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, temporaryFolder } from './run-forge.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  await createStore(folder.path)
  await writeFile(join(folder.path, 'app.log'), '2026-01-01T00:00:00Z INFO started\n')
  await writeFile(join(folder.path, 'big.bin'), new Uint8Array(2 * 1024 * 1024))
  await mkdir(join(folder.path, 'other'))
  await writeFile(join(folder.path, 'other', 'notes.txt'), 'mine')
})
afterAll(() => folder[Symbol.asyncDispose]())

interface Mistake {
  readonly title: string
  readonly words: readonly string[]
  readonly code: number
  readonly says: readonly (string | RegExp)[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The mistake shows before a store is needed. */
  readonly withoutStore?: boolean
}

const MISTAKES: readonly Mistake[] = [
  { title: 'no command', words: [], code: 2, says: [], withoutStore: true },
  {
    title: 'an unknown command names the nearest',
    words: ['inti'],
    code: 2,
    says: ['unknown command inti', 'Did you mean forge init?'],
    withoutStore: true,
  },
  {
    title: 'an unknown verb names the nearest',
    words: ['logs', 'serch'],
    code: 2,
    says: ['Did you mean forge logs search?'],
    withoutStore: true,
  },
  {
    title: 'a noun alone lists its verbs',
    words: ['logs'],
    code: 2,
    says: ['needs a verb: import, search, tail'],
    withoutStore: true,
  },
  {
    title: 'an unknown option names the nearest',
    words: ['logs', 'import', 'app.log', '--topci', 'x'],
    code: 2,
    says: ['unknown option --topci', 'Did you mean --topic?'],
  },
  {
    title: 'an unknown option before the command',
    words: ['--verison'],
    code: 2,
    says: ['Did you mean --version?'],
    withoutStore: true,
  },
  {
    title: 'an option without its value',
    words: ['stats', '--data'],
    code: 2,
    says: ['--data needs a value'],
    withoutStore: true,
  },
  {
    title: 'a store that nobody named',
    words: ['stats'],
    code: 2,
    says: ['no store is named', 'FORGE_DATA'],
    withoutStore: true,
  },
  {
    title: 'a wrong secret',
    words: ['stats'],
    code: 4,
    says: ['KEY_SECRET_WRONG'],
    env: { FORGE_SECRET: 'not the secret of it' },
  },
  {
    title: 'no secret and no terminal',
    words: ['stats'],
    code: 4,
    says: ['KEY_SECRET_MISSING', '--secret-file'],
    env: { FORGE_SECRET: undefined },
  },
  {
    title: 'a secret file that is missing',
    words: ['stats', '--secret-file', 'nope'],
    code: 3,
    says: ['the secret file', 'does not exist'],
  },
  {
    title: 'a weak secret',
    words: ['init', 'weak'],
    code: 4,
    says: ['KEY_SECRET_WEAK', '12 characters'],
    env: { FORGE_SECRET: 'short' },
    withoutStore: true,
  },
  {
    title: 'a directory that is missing',
    words: ['stats', '--data', 'nowhere'],
    code: 3,
    says: ['there is no store at', 'forge init'],
    withoutStore: true,
  },
  {
    title: 'a directory with other files',
    words: ['stats', '--data', 'other'],
    code: 3,
    says: ['STORE_NOT_A_STORE', 'notes.txt'],
    withoutStore: true,
  },
  {
    title: 'creating a store among other files',
    words: ['init', 'other'],
    code: 3,
    says: ['STORE_NOT_A_STORE'],
    withoutStore: true,
  },
  {
    title: 'a file for a store',
    words: ['stats', '--data', 'app.log'],
    code: 3,
    says: ['is a file, not a directory'],
    withoutStore: true,
  },
  {
    title: 'a store that exists already',
    words: ['init', 'data'],
    code: 1,
    says: ['STORE_EXISTS'],
    withoutStore: true,
  },
  {
    title: 'a place where nothing can be made',
    words: ['init', '/proc/forge-test'],
    code: 1,
    says: ['STORE_UNWRITABLE'],
    withoutStore: true,
  },
  {
    title: 'a log file that is missing',
    words: ['logs', 'import', 'nope.log'],
    code: 3,
    says: ['there is no file nope.log'],
  },
  {
    title: 'a glob that matches nothing',
    words: ['logs', 'import', '*.nope'],
    code: 3,
    says: ['no file matches *.nope'],
  },
  {
    title: 'an unknown format',
    words: ['logs', 'import', 'app.log', '--format', 'apachee'],
    code: 2,
    says: ['auto, jsonl, syslog'],
  },
  {
    title: 'an invalid topic',
    words: ['logs', 'import', 'app.log', '--topic', 'a..b'],
    code: 2,
    says: ['STREAM_TOPIC_INVALID'],
  },
  {
    title: 'an invalid topic pattern',
    words: ['logs', 'tail', 'a.>.b'],
    code: 2,
    says: ['STREAM_PATTERN_INVALID'],
  },
  {
    title: 'an invalid severity in a query',
    words: ['logs', 'search', 'severity:>=loud'],
    code: 2,
    says: ['STREAM_QUERY_SYNTAX', 'trace or debug or info'],
  },
  {
    title: 'an invalid priority',
    words: ['events', 'append', 'a.b', '{}', '--priority', 'urgent'],
    code: 2,
    says: ['low, normal, high, critical'],
  },
  {
    title: 'an invalid timestamp',
    words: ['events', 'append', 'a.b', '{}', '--timestamp', 'yesterday'],
    code: 2,
    says: ['STREAM_TIME_INVALID', 'ISO 8601'],
  },
  {
    title: 'an invalid time bound',
    words: ['logs', 'search', 'x', '--from', 'yesterday'],
    code: 2,
    says: ['STREAM_TIME_INVALID'],
  },
  {
    title: 'an invalid position',
    words: ['logs', 'search', 'x', '--from', 'p1.x'],
    code: 2,
    says: ['is not a position such as'],
  },
  {
    title: 'an id that is too long',
    words: ['events', 'append', 'a.b', '{}', '--id', 'x'.repeat(300)],
    code: 2,
    says: ['STREAM_LIMIT', 'id is larger'],
  },
  {
    title: 'metadata that is not JSON',
    words: ['events', 'append', 'a.b', '{}', '--metadata', '{a:1}'],
    code: 2,
    says: ['the metadata is not JSON', 'Quote it for the shell'],
  },
  {
    title: 'metadata that is no object',
    words: ['events', 'append', 'a.b', '{}', '--metadata', '[1]'],
    code: 2,
    says: ['not a JSON object'],
  },
  {
    title: 'a payload that is not JSON',
    words: ['events', 'append', 'a.b', 'hello'],
    code: 2,
    says: ['the payload is not JSON', '--text'],
  },
  {
    title: 'a payload above the limit',
    words: ['events', 'append', 'a.b', '--file', 'big.bin'],
    code: 2,
    says: ['STREAM_LIMIT', '1048576 bytes'],
  },
  {
    title: 'a limit that is no number',
    words: ['logs', 'search', 'x', '--limit', 'many'],
    code: 2,
    says: ['--limit takes a whole number', 'not "many"'],
  },
  {
    title: 'a topic that is unknown',
    words: ['logs', 'export', 'nope'],
    code: 3,
    says: ['no log topic matches nope', 'forge topics'],
  },
  {
    title: 'a setting that is unknown',
    words: ['settings', 'get', 'nope'],
    code: 3,
    says: ['there is no setting nope'],
  },
  {
    title: 'a setting name that is invalid',
    words: ['settings', 'set', 'a b', '1'],
    code: 2,
    says: ['SETTING_INVALID'],
  },
  {
    title: 'a size limit that is no size',
    words: ['stats'],
    code: 2,
    says: ['FORGE_MAX_SIZE_GB is "plenty"'],
    env: { FORGE_MAX_SIZE_GB: 'plenty' },
  },
]

describe('bad input', () => {
  it.each(MISTAKES)('$title: exit $code', async ({ words, code, says, env, withoutStore }) => {
    const all = withoutStore === true ? words : [...words, '--data', 'data']
    const result = await runForge(all, { cwd: folder.path, ...(env === undefined ? {} : { env }) })
    expect(result, result.stderr).toMatchObject({ code })
    for (const part of says) expect(result.stderr).toMatch(part)
    expect(result.stderr).not.toContain('INTERNAL')
  })

  it('a caret stands under the place of a slip in a query, wherever the options stand', async () => {
    const words = ['logs', 'search', '--limit', '3', 'hello', 'severity:bogus and more', '--data', 'data']
    const { code, stderr } = await runForge(words, { cwd: folder.path })
    expect(code).toBe(2)
    const lines = stderr.split('\n')
    const at = lines.indexOf('hello severity:bogus and more')
    expect(lines[at + 1]?.indexOf('^')).toBe('hello severity:'.length)
  })

  it('a query over events shows its caret too', async () => {
    const { code, stderr } = await runForge(['events', 'read', '--query', '(a', '-d', 'data'], {
      cwd: folder.path,
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/\n\(a\n {2}\^/)
  })

  it('an error with --json is one document on standard error, and nothing is on standard output', async () => {
    const { code, stdout, stderr } = await runForge(['stats', '--data', 'nowhere', '--json'], {
      cwd: folder.path,
    })
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    const document: unknown = JSON.parse(stderr)
    expect(document).toEqual({
      error: {
        code: 'STORE_NOT_FOUND',
        message: expect.stringContaining('nowhere'),
        hint: expect.any(String),
      },
    })
  })

  it('a newer format version is refused and is no damage', async () => {
    const path = join(folder.path, 'newer')
    await mkdir(path)
    const text = await readFile(join(folder.path, 'data', 'FORGE'), 'utf8')
    await writeFile(join(path, 'FORGE'), text.replace('"version":1', '"version":2'))
    for (const command of ['stats', 'doctor']) {
      const { code, stdout, stderr } = await runForge([command, '--data', path], { cwd: folder.path })
      expect(code).toBe(1)
      expect(stdout + stderr).toMatch(/format version 2.*STORE_VERSION[^]*Upgrade ForgeOne/)
    }
  })

  it('damage is exit 5 for verify and doctor', async () => {
    await using own = await temporaryFolder()
    await createStore(own.path)
    await rm(join(own.path, 'data', 'FORGE'))
    const verify = await runForge(['verify', '--data', 'data', '--json'], { cwd: own.path })
    expect(verify.code).toBe(5)
    const report: unknown = JSON.parse(verify.stdout)
    expect(report).toMatchObject({ ok: false, problems: [{ code: 'STORE_DAMAGED', where: 'store' }] })
    expect((await runForge(['doctor', '--data', 'data'], { cwd: own.path })).code).toBe(5)
  })

  it('a quota stops an import with its code and keeps what was acknowledged', async () => {
    const lines = Array.from(
      { length: 30_000 },
      (_, n) => `2026-01-01T00:00:00Z INFO request ${n} ${Math.sin(n)}\n`,
    )
    await writeFile(join(folder.path, 'many.log'), lines.join(''))
    const words = ['logs', 'import', 'many.log', '--data', 'data']
    const full = await runForge(words, { cwd: folder.path, env: { FORGE_MAX_SIZE_GB: '0.001' } })
    expect(full.code).toBe(1)
    expect(full.stderr).toContain('QUOTA_EXCEEDED')
    expect((await runForge(words, { cwd: folder.path })).code).toBe(0)
    const { stdout } = await runForge(['logs', 'export', 'many', '--raw', '--data', 'data'], {
      cwd: folder.path,
    })
    expect(stdout === lines.join('')).toBe(true)
  })
})
