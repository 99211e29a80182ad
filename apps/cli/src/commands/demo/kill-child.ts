import { spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForgeError } from '@forgeone/common'
import type { Forge } from '@forgeone/storage-manager'
import { VICTIM_TOPIC, victimLine } from './victim-lines.ts'

/** Enough acknowledged lines to be a loss if they were lost; the kill lands in the middle of what follows. */
const KILL_AFTER_LINES = 20_000
const VICTIM_MS_MAX = 30_000

/** Starts a process that appends to the store and kills it with SIGKILL. @returns the lines it had acknowledged */
export async function killWhileWriting(o: {
  readonly path: string
  readonly secret: string
}): Promise<number> {
  const victim = fileURLToPath(new URL(`./victim${extname(fileURLToPath(import.meta.url))}`, import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, victim, o.path], {
    env: { ...process.env, FORGE_SECRET: o.secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), VICTIM_MS_MAX)
  let acknowledged = 0
  let complaints = ''
  let rest = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) acknowledged = Number(line)
    if (acknowledged >= KILL_AFTER_LINES) child.kill('SIGKILL')
  })
  await new Promise<void>((resolve) => child.once('close', () => resolve()))
  clearTimeout(timer)
  if (acknowledged === 0)
    throw new ForgeError('INTERNAL', `the process to be killed did not write: ${complaints.slice(0, 500)}`)
  return acknowledged
}

/** Counts what is there of the killed process's lines: all from 0 on, in order, each as it was written. */
export async function countSurvivors(forge: Forge): Promise<number> {
  let expected = 0
  for await (const batch of forge.logs.read({ topic: VICTIM_TOPIC }).batches()) {
    for (const entry of batch) {
      if (entry.message !== victimLine(expected))
        throw new ForgeError('RECORD_TAMPERED', `line ${expected} is not what was written`)
      expected++
    }
  }
  return expected
}
