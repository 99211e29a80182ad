import type { Command } from '../../program/command.ts'

export const vaultSeal: Command = {
  name: 'vault seal',
  summary: 'Refuse every use of the vault until it is unsealed',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge vault seal --data ./data'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    await forge.vault.seal()
    if (terminal.json) await terminal.printJson({ sealed: true })
    else terminal.note('the vault is sealed')
  },
}
