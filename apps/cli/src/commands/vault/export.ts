import { open } from 'node:fs/promises'
import { ForgeError } from '@forgeone/common'
import { formatEnvironment, readEnvironment } from '@forgeone/vault'
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
    reveal: { type: 'boolean', description: 'really write values in clear' },
  },
  examples: ['forge vault export .env --prefix app --reveal --data ./data'],
  async run({ options, positionals, terminal, store, resolvePath }) {
    if (options['reveal'] !== true)
      throw usageError('the file would hold secrets in clear', 'Add --reveal to write it.')
    const path = resolvePath(positionals[0]!)
    await using forge = await store.open()
    const entries = await readEnvironment(forge.vault, { prefix: textOption(options, 'prefix') })
    try {
      // Never into a file that is there: others may have it open, or may read it.
      const handle = await open(path, 'wx', OWNER_ONLY)
      await handle.writeFile(formatEnvironment(entries)).finally(() => handle.close())
    } catch (cause) {
      throw new ForgeError('IO_FAILED', `${path} cannot be written; it must not exist yet`, { cause })
    }
    if (terminal.json) await terminal.printJson({ path, variables: entries.map(({ name }) => name) })
    else terminal.note(`wrote ${formatCount(entries.length)} variables to ${path}`)
  },
}
