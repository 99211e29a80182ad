import { open } from 'node:fs/promises'
import { ForgeError } from '@forgeone/common'
import { exportEnvironment } from '@forgeone/vault'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { formatCount } from '../../render/quantities.ts'

const OWNER_ONLY = 0o600

export const vaultExport: Command = {
  name: 'vault export',
  summary: 'Write secrets as an .env file that only its owner can read',
  usage: 'FILE',
  positionals: { min: 1, max: 1 },
  options: {
    prefix: { type: 'string', value: 'PATH', description: 'only secrets below this path' },
    allow: {
      type: 'string',
      value: 'NAME,…',
      description: 'variables such as NODE_OPTIONS that change what runs',
    },
    reveal: { type: 'boolean', description: 'really write values in clear' },
  },
  examples: ['forge vault export .env --prefix app --reveal --data ./data'],
  async run({ options, positionals, terminal, store, resolvePath }) {
    if (options['reveal'] !== true)
      throw usageError('the file would hold secrets in clear', 'Add --reveal to write it.')
    const path = resolvePath(positionals[0]!)
    await using forge = await store.open()
    const { names, text } = await exportEnvironment(forge.vault, {
      prefix: textOption(options, 'prefix'),
      allow: textOption(options, 'allow')?.split(','),
    })
    try {
      // Never into a file that is there: others may have it open, or may read it.
      const handle = await open(path, 'wx', OWNER_ONLY)
      await handle.writeFile(text).finally(() => handle.close())
    } catch (cause) {
      throw new ForgeError('IO_FAILED', `${path} cannot be written; it must not exist yet`, { cause })
    }
    if (terminal.json) await terminal.printJson({ path, variables: names })
    else terminal.note(`wrote ${formatCount(names.length)} variables to ${path}`)
  },
}
