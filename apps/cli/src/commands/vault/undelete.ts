import type { Command } from '../../program/command.ts'
import { VERSIONS_OPTION, versionsOption } from './vault-options.ts'

export const vaultUndelete: Command = {
  name: 'vault undelete',
  summary: 'Bring deleted versions back',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: VERSIONS_OPTION,
  examples: ['forge vault undelete db/password --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const versions = versionsOption(options)
    await using forge = await store.open()
    await forge.vault.undelete(positionals[0]!, versions)
    if (terminal.json) await terminal.printJson({ path: positionals[0], versions })
    else terminal.note(`${positionals[0]} is back`)
  },
}
