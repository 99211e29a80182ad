/**
 * Runs a command line in the process of the tests, of the sources: for tables of many small commands. What a process is
 * (signals, streams, locks, its end) is for `runForge`, and so is every command at least once.
 */
import { Readable } from 'node:stream'
import { Turns } from '@forgeone/common'
import { runProgram } from '../src/program/run-program.ts'
import { environmentOf, runForge, type RunOptions, type RunResult } from './run-forge.ts'

export interface HereOptions extends RunOptions {
  /** Output passes for a terminal, which commands style and escape for. */
  readonly isTerminal?: boolean
}

/** What they change is there once: streams, variables and the working directory of the process. */
const turns = new Turns()

export function runForgeHere(words: readonly string[], options: HereOptions): Promise<RunResult> {
  // A program that is run behind `--` has the streams of a process.
  return words.includes('--') ? runForge(words, options) : turns.run(() => runAlone(words, options))
}

async function runAlone(words: readonly string[], options: HereOptions): Promise<RunResult> {
  const { env, stdin, stdout, stderr } = process
  const directory = process.cwd()
  const isTerminal = options.isTerminal === true
  const [printed, told] = [new Captured(isTerminal), new Captured(isTerminal)]
  process.chdir(options.cwd)
  process.env = environmentOf(options)
  const input = Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)])
  const streams = { stdin: input, stdout: printed.over(stdout), stderr: told.over(stderr) }
  try {
    for (const [name, value] of Object.entries(streams))
      Object.defineProperty(process, name, { value, configurable: true, writable: true })
    const code = await runProgram(words)
    return { code, stdout: printed.bytes.toString(), bytes: printed.bytes, stderr: told.bytes.toString() }
  } finally {
    for (const [name, value] of Object.entries({ stdin, stdout, stderr }))
      Object.defineProperty(process, name, { value, configurable: true, writable: true })
    process.env = env
    process.chdir(directory)
  }
}

/** A stream that keeps what is written. */
class Captured {
  readonly #pieces: Buffer[] = []
  readonly #isTerminal: boolean

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  over(stream: NodeJS.WriteStream): NodeJS.WriteStream {
    return Object.create(stream, {
      isTTY: { value: this.#isTerminal },
      columns: { value: undefined },
      write: {
        value: (piece: string | Uint8Array) => {
          this.#pieces.push(Buffer.from(piece))
          return true
        },
      },
    }) as NodeJS.WriteStream
  }
}
