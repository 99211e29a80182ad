import type { Command } from '../../program/command.ts'
import { readSecretInput, VALUE_OPTIONS } from './secret-input.ts'

export const vaultRedeem: Command = {
  name: 'vault redeem',
  summary:
    'Print the secret that a lease token gives; the token comes from a prompt, standard input or a file',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: VALUE_OPTIONS,
  examples: ['forge vault redeem --data ./data < token'],
  async run(context) {
    const { terminal, store } = context
    const token = Buffer.from(await readSecretInput(context))
      .toString()
      .trim()
    await using forge = await store.open()
    const secret = await forge.vault.leases.redeem(token)
    if (terminal.json) await terminal.printJson({ version: secret.version, bytes: secret.bytes.length })
    else await terminal.print(secret.bytes)
    secret.wipe()
  },
}
