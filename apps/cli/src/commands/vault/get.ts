import type { Command } from '../../program/command.ts'
import { numberOption } from '../../program/parse-arguments.ts'
import { secretMissing } from './secret-missing.ts'

export const vaultGet: Command = {
  name: 'vault get',
  summary: 'Print a secret, after the reading is in the audit log',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: {
    version: { type: 'string', value: 'N', description: 'an older version' },
    reveal: { type: 'boolean', description: 'with --json: print the value too, as base64' },
  },
  examples: ['forge vault get db/password --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const version = numberOption(options, 'version', { min: 1, max: 0xffff_ffff })
    await using forge = await store.open()
    const secret = await forge.vault.get(positionals[0]!, { version })
    if (secret === undefined) throw secretMissing(positionals[0]!)
    if (terminal.json) {
      const value = options['reveal'] === true ? Buffer.from(secret.bytes).toString('base64') : undefined
      await terminal.printJson({
        path: positionals[0],
        version: secret.version,
        bytes: secret.bytes.length,
        value,
      })
    } else {
      await terminal.print(secret.bytes)
      if (terminal.isInteractive) await terminal.print('\n')
    }
    secret.wipe()
  },
}
