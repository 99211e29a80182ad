import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import {
  createStore,
  finish,
  openByPassphrase,
  type RunResult,
  startForge,
  temporaryFolder,
} from './run-forge.ts'

openByPassphrase()

const LINES = Array.from({ length: 500 }, (_, index) => `2026-01-01T00:00:00Z line ${index} of the log`).join(
  '\n',
)

type Run = (words: readonly string[], env?: Record<string, string | undefined>) => Promise<RunResult>

async function storeWithLines(cwd: string): Promise<Run> {
  await createStore(cwd)
  writeFileSync(join(cwd, 'app.log'), `${LINES}\n`)
  const run: Run = (words, env) => runForge([...words, '--data', 'data'], { cwd, env: env ?? {} })
  expect((await run(['logs', 'import', 'app.log'])).code).toBe(0)
  return run
}

async function expectWhole(run: Run, env?: Record<string, string | undefined>): Promise<void> {
  // Whatever is exported was authenticated and found complete.
  expect((await run(['logs', 'export', '--raw'], env)).stdout).toBe(`${LINES}\n`)
}

test('rotating all keys and destroying the old ones leaves every line readable', async () => {
  await using folder = await temporaryFolder()
  const run = await storeWithLines(folder.path)
  const rotated = await run(['keys', 'rotate', '--destroy', '--json'])
  expect(rotated.code).toBe(0)
  const { made, destroyed } = JSON.parse(rotated.stdout)
  expect(destroyed).toHaveLength(made.length)
  const status = JSON.parse((await run(['keys', 'status', '--json'])).stdout)
  expect(status.unfinished).toEqual([])
  expect(rotated.stdout + JSON.stringify(status)).not.toContain('wrapped')
  await expectWhole(run)
  expect((await run(['verify'])).code).toBe(0)
})

test('a rotation killed at any moment is resumed without loss', async () => {
  await using folder = await temporaryFolder()
  const run = await storeWithLines(folder.path)
  for (const afterMs of [300, 500]) {
    const child = startForge(['keys', 'rotate', '--destroy', '--data', 'data'], { cwd: folder.path })
    setTimeout(() => child.kill('SIGKILL'), afterMs)
    await finish(child)
    await expectWhole(run)
  }
  expect((await run(['keys', 'reseal'])).code).toBe(0)
  expect((await run(['keys', 'rotate', '--destroy'])).code).toBe(0)
  await expectWhole(run)
})

test('a new secret replaces the old one without touching the data', async () => {
  await using folder = await temporaryFolder()
  const run = await storeWithLines(folder.path)
  const journal = readFileSync(join(folder.path, 'data/FORGE'))
  expect((await run(['keys', 'rewrap'], { FORGE_NEW_SECRET: 'a wholly new secret' })).code).toBe(0)
  expect((await run(['verify'])).code).toBe(4)
  expect(readFileSync(join(folder.path, 'data/FORGE'))).toEqual(journal)
  await expectWhole(run, { FORGE_SECRET: 'a wholly new secret' })
})

test('shares open the store together and give it a new secret', async () => {
  await using folder = await temporaryFolder()
  const run = await storeWithLines(folder.path)
  const made = await run(['keys', 'shares', 'create', '--threshold', '2', '--count', '3'])
  const shares = made.stdout.trim().split('\n')
  expect(shares).toHaveLength(3)
  const none = { FORGE_SECRET: undefined, FORGE_NEW_SECRET: 'recovered from shares' }
  writeFileSync(join(folder.path, 'one'), shares[0]!)
  const tooFew = await run(['keys', 'shares', 'combine', '--shares-file', 'one'], none)
  expect(tooFew.code).toBe(4)
  expect(tooFew.stderr).toContain('2 shares are needed')
  writeFileSync(join(folder.path, 'two'), `${shares[2]}\n${shares[0]}\n`)
  expect((await run(['keys', 'shares', 'combine', '--shares-file', 'two'], none)).code).toBe(0)
  await expectWhole(run, { FORGE_SECRET: 'recovered from shares' })
})

test('a key command opens the store, and goes on when the passphrase slot is gone', async () => {
  await using folder = await temporaryFolder()
  const run = await storeWithLines(folder.path)
  const script = join(folder.path, 'kms.sh')
  // Moves each byte by half a circle, both ways alike: a stand-in for a service.
  writeFileSync(script, "#!/bin/sh\nexec tr '\\000-\\377' '\\200-\\377\\000-\\177'\n")
  chmodSync(script, 0o700)
  expect((await run(['keys', 'add-provider', '--new-key-command', script])).code).toBe(0)
  const byCommand = { FORGE_SECRET: undefined, FORGE_KEY_COMMAND: script }
  expect((await run(['keys', 'remove-provider', '1'], byCommand)).code).toBe(0)
  expect((await run(['verify'])).code).toBe(4)
  await expectWhole(run, byCommand)
  expect((await run(['keys', 'remove-provider', '2'], byCommand)).stderr).toContain('KEY_SLOT_LAST')
})

test('the master key is replaced only for secrets that are given, or the other slots are dropped by name', async () => {
  await using folder = await temporaryFolder()
  const run = await storeWithLines(folder.path)
  await run(['keys', 'add-provider'], { FORGE_NEW_SECRET: 'the secret of another' })
  const refused = await run(['keys', 'rotate', '--master'])
  expect(refused.stderr).toContain('slot 2 (passphrase)')
  expect((await run(['keys', 'rotate', '--master', '--drop-others'])).code).toBe(0)
  expect((await run(['verify'], { FORGE_SECRET: 'the secret of another' })).code).toBe(4)
  await expectWhole(run)
})

test('wrong input is named and changes nothing', async () => {
  await using folder = await temporaryFolder()
  const key = join(folder.path, 'key')
  writeFileSync(key, new Uint8Array(32).fill(5), { mode: 0o600 })
  const run: Run = (words) => runForge([...words, '--data', 'data', '--key-file', key], { cwd: folder.path })
  expect((await runForge(['init', 'data', '--key-file', key], { cwd: folder.path })).code).toBe(0)
  const cases: readonly [readonly string[], number, string][] = [
    [['keys', 'rotate', '--scope', 'nowhere'], 2, 'Scopes are'],
    [['keys', 'rotate', '--master', '--later'], 2, '--master takes neither'],
    [['keys', 'remove-provider', 'x'], 2, 'is not a slot'],
    [['keys', 'remove-provider', '7'], 3, 'KEY_SLOT_UNKNOWN'],
    [['keys', 'remove-provider', '1'], 1, 'KEY_SLOT_LAST'],
    [['keys', 'destroy', '12'], 2, 'Add --yes'],
    [['keys', 'destroy', '12', '--yes'], 3, 'has no key 12'],
    [['keys', 'shares', 'create', '--threshold', '6'], 2, '--threshold 6 is above'],
    [['keys', 'shares'], 2, 'keys shares combine'],
    [['keys', 'rewrap', '--new-secret-file', 'missing'], 3, 'INPUT_NOT_FOUND'],
    [['keys', 'add-provider', '--new-key-command', './missing'], 4, 'KEY_PROVIDER_FAILED'],
  ]
  for (const [words, code, message] of cases) {
    const result = await run(words)
    expect([words, result.code, result.stderr.includes(message)], result.stderr).toEqual([words, code, true])
  }
  const { slots, keys } = JSON.parse((await run(['keys', 'status', '--json'])).stdout)
  expect([slots.length, keys.every(({ epoch }: { epoch: number }) => epoch === 1)]).toEqual([1, true])
})
