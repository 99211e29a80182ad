import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LocalStore, type LocalStoreOptions } from '../src/index.ts'
import { ownIdentity } from '../src/lock/process-identity.ts'
import { DATABASES, FACTS, put, testProvider } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'forge-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))
const VICTIM = join(import.meta.dirname, 'victims', 'write-forever.ts')
let next = 0
const options = (path: string = join(folder, `s${next++}`)): LocalStoreOptions & { path: string } => ({
  path,
  databases: DATABASES,
  provider: testProvider(),
})

async function withVictim(path: string, body: (pid: number) => Promise<void>): Promise<void> {
  const victim = spawn(process.execPath, ['--conditions=@forgeone/source', VICTIM, path, '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(victim, 'close')
  let output = ''
  victim.stdout.on('data', (text: Buffer) => (output += String(text)))
  while (!output.includes('ack ')) await once(victim.stdout, 'data')
  try {
    await body(victim.pid!)
  } finally {
    victim.kill('SIGKILL')
    await ended
  }
}

test('a second open in the same process is refused and names the process', async () => {
  const o = options()
  const store = await LocalStore.open(o)
  await expect(LocalStore.open(o)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    details: { pid: process.pid },
  })
  await store.commit(() => ({ facts: FACTS, operations: [put('alpha', 'k', 'v')] }))
  await store.close()
  await (await LocalStore.open(o)).close()
})

test('an open in another process is refused and names the holder; when it dies its lock is taken over', async () => {
  const o = options()
  await withVictim(o.path, async (pid) => {
    await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'STORE_LOCKED', details: { pid } })
  })
  const store = await LocalStore.open(o)
  expect(store.recovery.commitsReplayed).toBeGreaterThan(0)
  await store.close()
  expect(readdirSync(o.path).filter((name) => name.startsWith('lock'))).toEqual([])
})

test('a live owner whose lock file was taken away still keeps the databases, and stops writing', async () => {
  const o = options()
  await withVictim(o.path, async () => {
    rmSync(join(o.path, 'lock'))
    await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  })
  await (await LocalStore.open(o)).close()
})

const stale = (changes: object): string =>
  JSON.stringify({ nonce: 'cd'.repeat(16), ...ownIdentity(), ...changes })

test.each([
  ['of a process that is gone', stale({ pid: 4_000_000 })],
  ['of a process whose number was given out again', stale({ startTime: '1' })],
  ['of an earlier boot', stale({ bootId: 'before' })],
])('a lock %s is taken over', async (_, content) => {
  const o = options()
  mkdirSync(o.path)
  writeFileSync(join(o.path, 'lock'), content)
  await (await LocalStore.open(o)).close()
})

test.each([
  ['of another pid namespace', stale({ pidNamespace: 'pid:[1]', pid: 4_000_000 })],
  ['that cannot be read', 'garbage'],
  ['that is empty', ''],
])('a lock %s counts while it is fresh, and no longer when nobody touches it', async (_, content) => {
  const o = options()
  mkdirSync(o.path)
  const lock = join(o.path, 'lock')
  writeFileSync(lock, content)
  await expect(LocalStore.open(o)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  expect(readFileSync(lock, 'utf8')).toBe(content)
  const longAgo = Date.now() / 1000 - 60
  utimesSync(lock, longAgo, longAgo)
  await (await LocalStore.open(o)).close()
})

test('what killed processes left beside the lock is cleared', async () => {
  const o = options()
  mkdirSync(o.path)
  const left = join(o.path, `lock.${'ef'.repeat(16)}`)
  writeFileSync(left, 'x')
  utimesSync(left, 1, 1)
  const store = await LocalStore.open(o)
  expect(readdirSync(o.path).filter((name) => name.startsWith('lock'))).toEqual(['lock'])
  await store.close()
})
