/** A signal ends a command that waits for others at once, and a second one ends whatever still runs. */
import { execFileSync, type ChildProcess } from 'node:child_process'
import { open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createStore, runForge, startForge, temporaryFolder } from './run-forge.ts'

/** About 100 ms on a machine of its own; closing a store on a busy one takes longer. */
const END_MS = 1500
/** From its start until a command certainly waits, when nothing shows that it does. */
const STARTED_MS = 4000
/** From the lock on: the store is opened, and what comes after it begins. */
const OPENED_MS = 700

interface End {
  readonly code: number | null
  readonly signal: string | null
  readonly afterMs: number
  readonly stderr: string
}

/** Waits until a command has its store, or long enough for one that waits before it opens it. */
async function waiting(store: string): Promise<void> {
  for (const startedMs = performance.now(); performance.now() - startedMs < STARTED_MS; await sleep(20))
    if ((await readdir(store)).includes('lock')) return await sleep(OPENED_MS)
}

/** Sends the signals and waits for the end. */
async function ended(child: ChildProcess, ...signals: readonly NodeJS.Signals[]): Promise<End> {
  let stderr = ''
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const startedMs = performance.now()
  const exit = new Promise<[number | null, string | null]>((resolve) =>
    child.once('exit', (...how) => resolve(how)),
  )
  for (const signal of signals) {
    child.kill(signal)
    // Two of the same that come at once are one.
    if (signals.length > 1) await sleep(300)
  }
  const late = sleep(10_000, undefined, { ref: false }).then((): [number | null, string] => [null, 'never'])
  const [code, signal] = await Promise.race([exit, late])
  if (signal === 'never') child.kill('SIGKILL')
  return { code, signal, afterMs: performance.now() - startedMs, stderr }
}

const data = ['--data', 'data']
it.each<readonly [string, NodeJS.Signals, readonly string[]]>([
  ['an import of logs from a FIFO', 'SIGTERM', ['logs', 'import', 'fifo', ...data]],
  ['an import of events from a FIFO', 'SIGINT', ['events', 'import', 'fifo', ...data]],
  ['a payload from a FIFO', 'SIGTERM', ['events', 'append', 'a', '--file', 'fifo', ...data]],
  ['a payload from standard input', 'SIGINT', ['events', 'append', 'a', '--file', '-', ...data]],
  ['a value that is piped in', 'SIGTERM', ['vault', 'set', 'a/b', ...data]],
  ['a value from standard input', 'SIGINT', ['vault', 'set', 'a/b', '--file', '-', ...data]],
  ['a follower of events', 'SIGTERM', ['events', 'tail', '--follow', ...data]],
])('%s ends with 130 on a signal and leaves no lock', async (_title, kind, words) => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  execFileSync('mkfifo', [join(cwd, 'fifo')])
  const child = startForge(words, { cwd })
  await waiting(join(cwd, 'data'))
  const { code, afterMs, stderr } = await ended(child, kind)
  expect([code, stderr]).toEqual([130, expect.stringContaining('[INTERRUPTED]')])
  expect(afterMs).toBeLessThan(END_MS)
  expect(await readdir(join(cwd, 'data'))).not.toContain('lock')
})

it('an import from a FIFO takes what is written to it, and ends with its writer', async () => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await createStore(cwd)
  execFileSync('mkfifo', [join(cwd, 'fifo')])
  const child = startForge(['logs', 'import', 'fifo', ...data], { cwd })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await waiting(join(cwd, 'data'))
  const writer = await open(join(cwd, 'fifo'), 'w')
  await writer.writeFile('2026-01-01T00:00:00Z INFO one\n')
  await sleep(200)
  await writer.writeFile('2026-01-01T00:00:00Z INFO two\n')
  await writer.close()
  expect(await exit).toBe(0)
  const counted = startForge(['logs', 'search', '*', '--count', ...data], { cwd })
  let stdout = ''
  counted.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  await new Promise((resolve) => counted.once('close', resolve))
  expect(stdout.trim()).toBe('2')
})

it.each<readonly [string, NodeJS.Signals, readonly string[]]>([
  // Opening it for writing waits in a thread of the pool, which an orderly exit would wait for.
  ['a file that keeps a thread', 'SIGTERM', ['logs', 'export', 'a', '--output', 'fifo', ...data]],
  ['a key command that does not answer', 'SIGINT', ['topics', '--key-command', './kms', '--data', 'keyed']],
])('a second signal ends at once what the first one does not: %s', async (_title, kind, words) => {
  await using folder = await temporaryFolder()
  const cwd = folder.path
  await writeFile(join(cwd, 'kms'), '#!/bin/sh\nif [ "$1" = unwrap ]; then sleep 9; fi\ncat\n', {
    mode: 0o755,
  })
  if (words.includes('keyed')) await runForge(['init', 'keyed', '--key-command', './kms'], { cwd })
  else await createStore(cwd)
  if (!words.includes('keyed'))
    await runForge(['logs', 'import', '-', '--topic', 'a', ...data], { cwd, input: 'one\n' })
  execFileSync('mkfifo', [join(cwd, 'fifo')])
  const child = startForge(words, { cwd })
  await waiting(join(cwd, words.at(-1)!))
  const { signal, afterMs } = await ended(child, kind, kind)
  expect(signal).toBe(kind)
  // Both signals, and the time between them.
  expect(afterMs).toBeLessThan(END_MS)
})
