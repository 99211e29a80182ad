import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { ForgeError } from '@forgeone/common'
import { readEnvironment, type EnvironmentEntry } from '@forgeone/vault'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** What a shell adds to the number of the signal that ended a program. */
const SIGNAL_EXIT = 128
/** Secrets that open the store are no business of the program. */
const OWN_VARIABLES = ['FORGE_SECRET', 'FORGE_NEW_SECRET', 'FORGE_KEY_COMMAND']

export const vaultRun: Command = {
  name: 'vault run',
  summary: 'Run a program with secrets in its environment, and nowhere else',
  usage: '-- PROGRAM [ARGUMENT…]',
  positionals: { min: 1, max: 1000 },
  options: {
    prefix: { type: 'string', value: 'PATH', description: 'only secrets below this path' },
    allow: {
      type: 'string',
      value: 'NAME,…',
      description: 'variables such as NODE_OPTIONS that change what runs',
    },
  },
  examples: ['forge vault run --prefix app --data ./data -- node server.js'],
  async run({ options, positionals, store }) {
    const allow = textOption(options, 'allow')?.split(',')
    const prefix = textOption(options, 'prefix')
    const forge = await store.open()
    let entries: readonly EnvironmentEntry[]
    try {
      entries = await readEnvironment(forge.vault, { prefix, allow })
    } finally {
      // Before the program runs: it may want to open the store itself.
      await forge.close()
    }
    return await runProgram(positionals, entries)
  },
}

function runProgram(words: readonly string[], entries: readonly EnvironmentEntry[]): Promise<number> {
  const [program, ...rest] = words
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.includes(name))
  const env = Object.fromEntries([...inherited, ...entries.map(({ name, value }) => [name, value])])
  return new Promise((resolve, reject) => {
    const child = started(program!, rest, env)
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
    for (const signal of FORWARDED) process.on(signal, forward)
    const end = (): void => {
      for (const signal of FORWARDED) process.off(signal, forward)
    }
    child.once('error', (cause: NodeJS.ErrnoException) => {
      end()
      reject(notRun(program!, cause))
    })
    child.once('exit', (code, signal) => {
      end()
      resolve(code ?? SIGNAL_EXIT + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

function started(program: string, words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  try {
    return spawn(program, words, { env, stdio: 'inherit', shell: false })
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
