import type { SuiteName } from '@forgeone/crypto'
import { isForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'

const SUITES: readonly SuiteName[] = ['aes-256-gcm', 'chacha20-poly1305', 'xchacha20-poly1305', 'none']

export const init: Command = {
  name: 'init',
  summary: 'Create a store in an empty or missing directory',
  usage: '[DIR]',
  positionals: { min: 0, max: 1 },
  options: {
    shards: {
      type: 'string',
      value: 'N',
      description: 'shards of logs and events each, 1 to 16 (default 4); fixed for ever',
    },
    encryption: {
      type: 'string',
      value: 'SUITE',
      description: `${SUITES.join(', ')} (default ${SUITES[0]})`,
    },
  },
  examples: [
    'forge init ./data',
    'FORGE_SECRET=$(cat secret.txt) forge init --data /var/lib/app/forge --shards 8',
  ],
  async run({ options, positionals, terminal, store, resolvePath }) {
    const shardCount = numberOption(options, 'shards', { min: 1, max: 16 })
    const encryption = suiteOf(textOption(options, 'encryption'))
    const [directory] = positionals
    const access = directory === undefined ? store : store.at(resolvePath(directory))
    try {
      await using forge = await access.create({ shardCount, encryption })
      const { shardCount: shards, encryption: suite } = await forge.stats()
      if (terminal.json)
        await terminal.printJson({ path: access.path(), shardCount: shards, encryption: suite })
      else terminal.note(`created a store at ${access.path()}: ${suite}, ${shards} shards`)
      if (suite === 'none') terminal.note('This store hides nothing: whoever reads the disk reads the data.')
      else terminal.note('Keep the secret: without it nobody can read this store, we included.')
    } catch (error) {
      if (!isForgeError(error, 'KEY_SECRET_WRONG')) throw error
      throw usageError(error.message, 'Type the same secret twice.')
    }
  },
}

function suiteOf(text: string | undefined): SuiteName | undefined {
  if (text === undefined) return undefined
  const suite = SUITES.find((name) => name === text)
  if (suite === undefined) throw usageError(`unknown encryption ${text}`, `Use one of ${SUITES.join(', ')}.`)
  return suite
}
