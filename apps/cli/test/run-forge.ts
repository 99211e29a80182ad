/** Runs the real command line as a process of its own, as a user would. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { afterAll, inject } from 'vitest'

/** One file made of the sources: see `forge-bundle.ts`. */
export const MAIN: string = inject('forgeMain')
export const SECRET = 'correct horse battery staple'

export interface RunOptions {
  readonly cwd: string
  readonly input?: string | Uint8Array
  /** Values that are undefined take the variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface RunResult {
  readonly code: number | null
  readonly stdout: string
  readonly bytes: Uint8Array
  readonly stderr: string
}

/** Hardening a passphrase takes as long as a small command: tests that are not about secrets open their stores by this. */
const KEY_COMMAND = join(import.meta.dirname, 'victims/keep-key.sh')

// A command is parted at blanks.
let byCommand = !KEY_COMMAND.includes(' ')

/** For a file of tests about secrets: what opens its stores is the passphrase, as it is for most users. */
export function openByPassphrase(): void {
  const before = byCommand
  byCommand = false
  afterAll(() => (byCommand = before))
}

/** What opens the stores of tests: for programs that are started otherwise. */
export function openingVariables(): Readonly<Record<string, string>> {
  return byCommand ? { FORGE_KEY_COMMAND: KEY_COMMAND } : { FORGE_SECRET: SECRET }
}

/** The variables that a command line is run with, and nothing else of the environment. */
export function environmentOf({ env = {} }: Pick<RunOptions, 'env'>): Record<string, string> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const opening = 'FORGE_SECRET' in env ? {} : openingVariables()
  const all = { PATH, HOME, NODE_COMPILE_CACHE, FORGE_SECRET: SECRET, ...opening, ...env }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

export function startForge(words: readonly string[], options: RunOptions): ChildProcess {
  return spawn(process.execPath, ['--conditions=@forgeone/source', MAIN, ...words], {
    cwd: options.cwd,
    env: environmentOf(options),
    stdio: 'pipe',
  })
}

export async function finish(child: ChildProcess, input: string | Uint8Array = ''): Promise<RunResult> {
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  // A process that fails early closes its input; that is for its exit code to say.
  child.stdin!.on('error', () => undefined)
  child.stdin!.end(input)
  const [bytes, stderr] = await Promise.all([buffer(child.stdout!), text(child.stderr!)])
  return { code: await code, stdout: bytes.toString(), bytes, stderr }
}

export async function runForge(words: readonly string[], options: RunOptions): Promise<RunResult> {
  return await finish(startForge(words, options), options.input)
}

/** A directory of its own, which goes away with its scope. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'forge-cli-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Creates a store named `data` in a directory. */
export async function createStore(cwd: string): Promise<void> {
  const { code, stderr } = await runForge(['init', 'data', '--shards', '1'], { cwd })
  if (code !== 0) throw new Error(stderr)
}
