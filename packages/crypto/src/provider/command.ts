import { ForgeError, type Random } from '@forgeone/common'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { KEY_BYTES } from '../hash/hkdf.ts'
import { formatRecipe, parseRecipe, WRAPPED_BYTES_MAX } from '../kdf/recipe.ts'
import type { KeyProvider } from './key-provider.ts'

/** A key management service answers within this, or the opening fails. */
const COMMAND_MS_MAX = 10_000
/** More than a wrapped key is no answer. */
const OUTPUT_BYTES_MAX = 64 * 1024

/** Options of {@link commandProvider}. */
export interface CommandProviderOptions {
  /** Program and arguments; no shell reads them. The last word `wrap` or `unwrap` is added. */
  readonly command: readonly [string, ...string[]]
}

/**
 * An external command that wraps keys, such as a call of a key management service. With `wrap` it reads a key of 32
 * bytes from its standard input and writes what only it can turn back; with `unwrap` it does the reverse. What it
 * writes to standard error is dropped: it may hold secrets.
 */
export function commandProvider({ command }: CommandProviderOptions): KeyProvider {
  return {
    kind: 'command',
    enrol: async (random: Random) => {
      const key = random.bytes(KEY_BYTES)
      const wrapped = await run(command, 'wrap', key)
      if (wrapped.length === 0 || wrapped.length > WRAPPED_BYTES_MAX) {
        throw failed(
          command,
          `wrote ${wrapped.length} bytes for a wrapped key, allowed are 1 to ${WRAPPED_BYTES_MAX}`,
        )
      }
      return { kind: 'command', kdf: formatRecipe({ form: 'command', wrapped }), key }
    },
    unlock: async (slot) => {
      const recipe = parseRecipe(slot.kdf)
      if (recipe.form !== 'command') return undefined
      const key = await run(command, 'unwrap', recipe.wrapped)
      if (key.length === KEY_BYTES) return key
      key.fill(0)
      throw failed(command, `wrote ${key.length} bytes for a key of ${KEY_BYTES}`)
    },
  }
}

/** @throws KEY_PROVIDER_FAILED */
function run(
  [program, ...words]: readonly [string, ...string[]],
  operation: 'wrap' | 'unwrap',
  input: Uint8Array,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = started(program, [...words, operation])
    const parts: Buffer[] = []
    let bytes = 0
    const end = (problem: string): void => {
      for (const part of parts) part.fill(0)
      reject(failed([program, ...words], problem))
    }
    child.once('error', (cause: Error & { code?: string }) =>
      end(`cannot be run: ${cause.code ?? 'unknown'}`),
    )
    // A command that ends without reading its input is judged by its answer.
    child.stdin.on('error', () => undefined)
    child.stdin.end(Buffer.from(input))
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length
      parts.push(part)
      if (bytes > OUTPUT_BYTES_MAX) child.kill('SIGKILL')
    })
    child.once('close', (code, signal) => {
      if (bytes > OUTPUT_BYTES_MAX) return end(`wrote more than ${OUTPUT_BYTES_MAX} bytes`)
      if (signal !== null) return end(`was ended by ${signal} after at most ${COMMAND_MS_MAX} ms`)
      if (code !== 0) return end(`ended with ${code} on ${operation}`)
      const whole = new Uint8Array(Buffer.concat(parts))
      for (const part of parts) part.fill(0)
      resolve(whole)
    })
  })
}

/** Some refusals of Node.js are thrown at once, with the arguments in their text. @throws KEY_PROVIDER_FAILED */
function started(program: string, words: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  try {
    return spawn(program, words, {
      stdio: ['pipe', 'pipe', 'ignore'],
      shell: false,
      timeout: COMMAND_MS_MAX,
      killSignal: 'SIGKILL',
      windowsHide: true,
    })
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw failed([program], `cannot be run: ${code}`)
  }
}

function failed([program]: readonly [string, ...string[]], problem: string): ForgeError {
  return new ForgeError('KEY_PROVIDER_FAILED', `the key command ${program} ${problem}`)
}
