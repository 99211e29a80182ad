/** What an operator would regret is refused, or told before it is done. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runForgeHere as runForge } from './forge-here.ts'
import { createStore, temporaryFolder, type RunResult } from './run-forge.ts'

interface Place extends AsyncDisposable {
  readonly path: string
  readonly run: (...words: readonly string[]) => Promise<RunResult>
}

async function storeAt(): Promise<Place> {
  const folder = await temporaryFolder()
  await createStore(folder.path)
  const run = async (...words: readonly string[]): Promise<RunResult> =>
    await runForge([...words, '--data', 'data'], { cwd: folder.path })
  return { path: folder.path, run, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

test('a healthy store keeps its name and its keys unless it is said to be a copy', async () => {
  await using store = await storeAt()
  const refused = await store.run('audit', 'accept-rollback', '--reason', 'the line stood in the README')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('AUDIT_NOTHING_TO_ACCEPT')])
  expect(refused.stderr).toContain('--copy')
  const accepted = await store.run('audit', 'accept-rollback', '--copy', '--reason', 'staging', '--json')
  expect([accepted.code, JSON.parse(accepted.stdout).ended.length]).toEqual([0, 1])
})

test('a rotation adds to the file of verifier keys, so that receipts of before go on to verify', async () => {
  await using store = await storeAt()
  const file = join(store.path, 'log.vkey')
  const keys = async (): Promise<readonly string[]> =>
    (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  await writeFile(file, '')
  expect((await store.run('audit', 'rotate-key', '--vkey', 'log.vkey')).code).toBe(0)
  const first = await keys()
  expect(first).toHaveLength(2)
  const copied = await store.run('audit', 'accept-rollback', '--copy', '--reason', 'a new name')
  expect(copied.code).toBe(0)
  expect((await store.run('audit', 'rotate-key', '--vkey', 'log.vkey')).code).toBe(0)
  const second = await keys()
  expect(second.slice(0, 2)).toEqual(first)
  expect(second).toHaveLength(4)
  // A file of something else is not written over.
  await writeFile(file, 'my notes\n')
  expect((await store.run('audit', 'rotate-key', '--vkey', 'log.vkey')).code).not.toBe(0)
  expect(await readFile(file, 'utf8')).toBe('my notes\n')
})

test.each([
  ['event/**', 'events'],
  ['log/app/**', 'logs'],
  ['valut/db/*', 'vault'],
  ['setting/**', 'settings'],
])('a right on %s is refused and %s is named', async (resource, meant) => {
  await using store = await storeAt()
  const words = ['access', 'grant', 'ann', '--action', 'data.read', '--resource', resource]
  const refused = await store.run(...words)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`did you mean ${meant}?`)])
  expect((await store.run('access', 'list')).stdout).not.toContain('ann')
  expect((await store.run(...words, '--force')).code).toBe(0)
})

test('what a new master key drops is named, shares above all', async () => {
  await using store = await storeAt()
  expect((await store.run('keys', 'shares', 'create', '--threshold', '2', '--count', '3')).code).toBe(0)
  const rotated = await store.run('keys', 'rotate', '--master', '--drop-others')
  expect(rotated.code).toBe(0)
  expect(rotated.stderr).toMatch(/dropping slot \S+ \(shares\): all of its shares are worthless/)
})

test('a key file is made for its owner alone, opens a store, and is never overwritten', async () => {
  await using store = await storeAt()
  const file = join(store.path, 'recovery.key')
  const missing = await store.run('keys', 'add-provider', '--new-key-file', 'recovery.key')
  expect([missing.code, missing.stderr]).toEqual([
    expect.any(Number),
    expect.stringContaining('keys generate-file'),
  ])
  const made = await runForge(['keys', 'generate-file', 'recovery.key'], { cwd: store.path })
  expect([made.code, (await stat(file)).mode & 0o777]).toEqual([0, 0o600])
  const content = await readFile(file, 'utf8')
  expect(Buffer.from(content, 'base64')).toHaveLength(32)
  expect(made.stdout + made.stderr).not.toContain(content.trim())
  const again = await runForge(['keys', 'generate-file', 'recovery.key'], { cwd: store.path })
  expect([again.code, await readFile(file, 'utf8')]).toEqual([2, content])
  expect((await store.run('keys', 'add-provider', '--new-key-file', 'recovery.key')).code).toBe(0)
  const opened = await runForge(['settings', 'list', '--key-file', 'recovery.key', '--data', 'data'], {
    cwd: store.path,
    env: { FORGE_SECRET: '' },
  })
  expect(opened.code).toBe(0)
})

test('a wait that is none is refused', async () => {
  await using store = await storeAt()
  for (const wait of ['-1', '601', 'soon', ''])
    expect((await store.run('stats', `--wait=${wait}`)).code).toBe(2)
  expect((await store.run('stats', '--wait', '5')).code).toBe(0)
})
