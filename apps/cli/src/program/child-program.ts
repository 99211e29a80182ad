import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'
import { ForgeError } from '@forgeone/common'

/** What a shell adds to the number of the signal that ended a program. */
const SIGNAL_EXIT = 128
/** Secrets that open the store are no business of a program. */
const OWN_VARIABLES = ['FORGE_SECRET', 'FORGE_NEW_SECRET', 'FORGE_KEY_COMMAND']

export interface ChildProgram {
  /** The program and its arguments; no shell reads them. */
  readonly words: readonly string[]
  /** Added to the environment of this process, which goes along without what opens the store. */
  readonly env?: readonly (readonly [name: string, value: string])[]
  readonly stdio: StdioOptions
}

export interface RunningProgram {
  readonly child: ChildProcess
  /** Its exit code, as a shell tells it. @throws INPUT_NOT_FOUND, INPUT_UNREADABLE, VAULT_ENV_FORMAT */
  readonly ended: Promise<number>
}

/** @throws INPUT_NOT_FOUND, INPUT_UNREADABLE, VAULT_ENV_FORMAT */
export function startProgram({ words, env = [], stdio }: ChildProgram): RunningProgram {
  const [program, ...rest] = words
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.includes(name))
  const child = started(program!, rest, { env: Object.fromEntries([...inherited, ...env]), stdio })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(notRun(program!, cause)))
    child.once('exit', (code, signal) =>
      resolve(code ?? SIGNAL_EXIT + (signal === null ? 0 : constants.signals[signal])),
    )
  })
  return { child, ended }
}

function started(
  program: string,
  words: readonly string[],
  options: { env: NodeJS.ProcessEnv; stdio: StdioOptions },
): ChildProcess {
  try {
    return spawn(program, words, { ...options, shell: false })
  } catch (cause) {
    throw notRun(program, cause as NodeJS.ErrnoException)
  }
}

/** Without the error of Node.js as its cause, which may repeat the environment. */
function notRun(program: string, { code = 'unknown' }: NodeJS.ErrnoException): ForgeError {
  if (code === 'E2BIG')
    return new ForgeError('VAULT_ENV_FORMAT', `the secrets are too long for the environment of ${program}`, {
      hint: 'Give the program fewer secrets with --prefix, or let it read them itself.',
    })
  const found = code === 'ENOENT' ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE'
  return new ForgeError(found, `${program} cannot be run: ${code}`)
}
