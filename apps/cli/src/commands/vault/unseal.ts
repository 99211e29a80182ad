import type { Command } from '../../program/command.ts'

export const vaultUnseal: Command = {
  name: 'vault unseal',
  summary: 'Let the vault be used again',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge vault unseal --data ./data'],
  async run({ terminal, store }) {
    const provider = await store.provider()
    await using forge = await store.open()
    await forge.vault.unseal(provider)
    if (terminal.json) await terminal.printJson({ sealed: false })
    else terminal.note('the vault is unsealed')
  },
}
