import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { finish, startForge, temporaryFolder, type RunResult } from './run-forge.ts'

const CANARY = 'canary-Zx81-secret'

type Run = (words: readonly string[], input?: string | Uint8Array) => Promise<RunResult>

/** A store that opens with a key file: no derivation to wait for. */
async function newStore(cwd: string): Promise<Run> {
  writeFileSync(join(cwd, 'key'), new Uint8Array(32).fill(5), { mode: 0o600 })
  const run: Run = (words, input) => {
    const at = words.indexOf('--')
    const store = ['--data', 'data', '--key-file', 'key']
    const all = at === -1 ? [...words, ...store] : [...words.slice(0, at), ...store, ...words.slice(at)]
    return runForge(all, { cwd, ...(input === undefined ? {} : { input }) })
  }
  expect((await runForge(['init', 'data', '--key-file', 'key'], { cwd })).code).toBe(0)
  return run
}

test('a program gets the secrets in its environment and nowhere else, and its exit code comes back', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  expect((await run(['vault', 'set', 'app/TOKEN'], `${CANARY}\n`)).code).toBe(0)
  const script = 'ps -eo args > ps.txt; printf %s "$TOKEN"; test -z "$FORGE_SECRET"; exit 7'
  const result = await run(['vault', 'run', '--prefix', 'app', '--', 'sh', '-c', script])
  expect([result.code, result.stdout]).toEqual([7, CANARY])
  expect(result.stderr).not.toContain(CANARY)
  expect(readFileSync(join(folder.path, 'ps.txt'), 'utf8')).not.toContain(CANARY)
  expect((await run(['vault', 'run', '--', 'no-such-program'])).code).toBe(3)
})

test('a signal to the command reaches the program', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  await run(['vault', 'set', 'A'], 'x')
  const words = [
    'vault',
    'run',
    '--data',
    'data',
    '--key-file',
    'key',
    '--',
    'sh',
    '-c',
    'trap "exit 42" TERM; echo up; while :; do sleep 0.1; done',
  ]
  const child = startForge(words, { cwd: folder.path })
  child.stdout!.once('data', () => child.kill('SIGTERM'))
  expect((await finish(child)).code).toBe(42)
})

test('no secret is in a file, a message, the audit log or JSON that was not asked to reveal it', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  await run(['vault', 'set', 'db/password'], CANARY)
  const outputs = [
    await run(['vault', 'get', 'db/password', '--json']),
    await run(['vault', 'list', '--json']),
    await run(['vault', 'versions', 'db/password', '--json']),
    await run(['vault', 'set', 'db/password', '--cas', '9'], CANARY),
    await run(['vault', 'set', `db/${CANARY}/..`], CANARY),
    await run(['audit', 'list', '--json']),
  ]
  for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(`${CANARY}"`)
  expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0, 1, 2, 0])
  expect(outputs[5]!.stdout).not.toContain('db/password')
  const files = readdirSync(join(folder.path, 'data'), { recursive: true, withFileTypes: true }).filter(
    (each) => each.isFile(),
  )
  const forms = [
    CANARY,
    Buffer.from(CANARY).toString('base64').slice(0, 20),
    Buffer.from(CANARY).toString('hex'),
    'db/password',
  ]
  for (const { parentPath, name } of files) {
    const content = readFileSync(join(parentPath, name))
    for (const form of forms) expect(content.includes(form), `${form} in ${name}`).toBe(false)
    expect(content.includes(Buffer.from(CANARY, 'utf16le'))).toBe(false)
  }
  const revealed = JSON.parse((await run(['vault', 'get', 'db/password', '--json', '--reveal'])).stdout)
  expect(Buffer.from(revealed.value, 'base64').toString()).toBe(CANARY)
})

test('an .env file goes in and comes out for its owner only, never over a file that is there', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  writeFileSync(join(folder.path, 'in.env'), `A=1\nB="two words"\n`)
  expect((await run(['vault', 'import', '--file', 'in.env', '--prefix', 'app'])).code).toBe(0)
  expect((await run(['vault', 'export', 'out.env', '--prefix', 'app'])).code).toBe(2)
  expect((await run(['vault', 'export', 'out.env', '--prefix', 'app', '--reveal'])).code).toBe(0)
  expect(readFileSync(join(folder.path, 'out.env'), 'utf8')).toBe("A=1\nB='two words'\n")
  expect(statSync(join(folder.path, 'out.env')).mode & 0o777).toBe(0o600)
  expect((await run(['vault', 'export', 'out.env', '--prefix', 'app', '--reveal'])).code).toBe(1)
  const broken = await run(['vault', 'import'], `OK=1\nBAD ${CANARY}\n`)
  expect([broken.code, broken.stderr.includes('line 2'), broken.stderr.includes(CANARY)]).toEqual([
    2,
    true,
    false,
  ])
})

test('a sealed vault, a spent lease and a missing secret have their exit codes', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  await run(['vault', 'generate', 'a', '--kind', 'uuid'])
  const token = (await run(['vault', 'lease', 'a', '--ttl', '5m', '--max-uses', '1'])).stdout
  const value = (await run(['vault', 'get', 'a'])).stdout
  // A secret in the wrong place is in `ps` already, and need not be in a log as well.
  for (const words of [
    ['vault', 'redeem', 'in-the-wrong-place'],
    ['vault', 'set', 'a', 'in-the-wrong-place'],
  ]) {
    const { code, stderr } = await run(words)
    expect([code, stderr.includes('in-the-wrong-place')]).toEqual([2, false])
  }
  expect((await run(['vault', 'redeem'], token)).stdout).toBe(value)
  const spent = await run(['vault', 'redeem'], token)
  expect([spent.code, spent.stderr.includes('VAULT_LEASE_SPENT')]).toEqual([4, true])
  expect((await run(['vault', 'get', 'none'])).code).toBe(3)
  expect((await run(['vault', 'destroy', 'a'])).code).toBe(2)
  await run(['vault', 'seal'])
  expect((await run(['vault', 'get', 'a'])).code).toBe(4)
  expect((await run(['vault', 'unseal'])).code).toBe(0)
  expect((await run(['vault', 'get', 'a'])).stdout).toBe(value)
})

test('what no variable or .env file can hold is refused by its path, and the secret is in no message', async () => {
  await using folder = await temporaryFolder()
  const run = await newStore(folder.path)
  const values: readonly [string, Uint8Array][] = [
    ['nul', Buffer.from('open\0sesame')],
    ['binary', Buffer.from('open\u00E9sesame', 'latin1')],
    ['long', Buffer.alloc(200_000, 'opensesame')],
    ['quotes', Buffer.from(`open'sesame"`)],
  ]
  for (const [name, value] of values)
    expect((await run(['vault', 'set', `${name}/KEY`, '-f', '-'], value)).code).toBe(0)
  for (const name of ['nul', 'binary', 'long']) {
    const { code, stderr } = await run(['vault', 'run', '--prefix', name, '--', 'true'])
    expect([code, stderr.includes('VAULT_ENV_FORMAT'), /open|esame/.test(stderr)]).toEqual([2, true, false])
    if (name !== 'long') expect(stderr).toContain(`${name}/KEY`)
  }
  for (const name of ['nul', 'binary', 'quotes']) {
    const { code, stderr } = await run(['vault', 'export', 'no.env', '--prefix', name, '--reveal'])
    expect([code, stderr.includes(`${name}/KEY`), /open|esame/.test(stderr)]).toEqual([2, true, false])
  }
  expect(existsSync(join(folder.path, 'no.env'))).toBe(false)
  const latin = await run(['vault', 'import'], Buffer.from("A=1\nB='open\u00E9sesame'\n", 'latin1'))
  expect([latin.code, latin.stderr.includes('line 2'), latin.stderr.includes('sesame')]).toEqual([
    2,
    true,
    false,
  ])
})
