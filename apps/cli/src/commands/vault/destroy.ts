import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'
import { VERSIONS_OPTION, versionsOption } from './vault-options.ts'

export const vaultDestroy: Command = {
  name: 'vault destroy',
  summary: 'Make versions of a secret unreadable for good, in every copy of the data',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: {
    ...VERSIONS_OPTION,
    all: { type: 'boolean', description: 'all versions, and forget the secret' },
    yes: { type: 'boolean', description: 'really destroy' },
  },
  examples: ['forge vault destroy db/password --versions 1,2 --yes --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const versions = versionsOption(options)
    const path = positionals[0]!
    if (options['yes'] !== true) {
      throw usageError(`what is destroyed at ${path} cannot be brought back`, 'Add --yes to destroy it.')
    }
    if (options['all'] === true && versions !== undefined)
      throw usageError('give --all or --versions, not both')
    await using forge = await store.open()
    if (options['all'] === true) await forge.vault.purge(path)
    else await forge.vault.destroy(path, versions)
    if (terminal.json) await terminal.printJson({ path, versions, all: options['all'] === true })
    else terminal.note(`destroyed at ${path}`)
  },
}
