import { readEnvironment, type EnvironmentEntry } from '@forgeone/vault'
import { startProgram } from '../../program/child-program.ts'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

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
  async run({ options, positionals, store, terminal }) {
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
    if (entries.length === 0)
      terminal.note(
        prefix === undefined ? 'the vault has no secrets' : `the vault has no secrets below ${prefix}`,
      )
    return await runProgram(positionals, entries)
  },
}

async function runProgram(words: readonly string[], entries: readonly EnvironmentEntry[]): Promise<number> {
  const env = entries.map(({ name, value }) => [name, value] as const)
  const { child, ended } = startProgram({ words, env, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    return await ended
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}
