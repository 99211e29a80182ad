import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { ForgeError } from '@forgeone/common'
import type { Anchor } from './anchor.ts'

/** A command that takes longer hangs. */
export const COMMAND_TIMEOUT_MS = 10_000
/** Output is not used; what a command may print before it is stopped. */
export const COMMAND_OUTPUT_BYTES_MAX: number = 64 * 1024

/**
 * Gives each note to a command on standard input: the door to mail, a ledger, a printer. No shell is involved.
 * @throws AUDIT_ANCHOR_FAILED when no program is named
 */
export function commandAnchor({ argv }: { readonly argv: readonly string[] }): Anchor {
  const [program = '', ...words] = argv
  if (program === '') throw new ForgeError('AUDIT_ANCHOR_FAILED', 'the anchor command names no program')
  return {
    kind: 'command',
    place: program,
    newest: () => Promise.resolve(undefined),
    async publish(checkpoint) {
      await run({ program, words, input: checkpoint })
      return []
    },
  }
}

function run(o: { program: string; words: readonly string[]; input: string }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (reason: string, cause?: unknown): void =>
    reject(
      // What the command printed may hold anything, so it is not repeated.
      new ForgeError('AUDIT_ANCHOR_FAILED', `the anchor command ${o.program} failed: ${reason}`, {
        cause,
        details: { kind: 'command' },
      }),
    )
  let child: ChildProcessWithoutNullStreams
  try {
    child = spawn(o.program, [...o.words], { stdio: 'pipe', timeout: COMMAND_TIMEOUT_MS })
  } catch (cause) {
    fail('it cannot be run', cause)
    return promise
  }
  child.once('error', (cause) => fail('it cannot be run', cause))
  let bytes = 0
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > COMMAND_OUTPUT_BYTES_MAX) child.kill('SIGKILL')
    })
  }
  // A command that does not read its input closes it early; its exit code says whether that is well.
  child.stdin.on('error', () => undefined)
  child.stdin.end(o.input)
  child.once('close', (code, signal) => {
    if (code === 0) resolve()
    else fail(code === null ? `it was stopped by ${signal ?? 'a signal'}` : `it ended with ${code}`)
  })
  return promise
}
