import type { Command } from '../../program/command.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { requiredReason } from '../required-reason.ts'

export const keysAcceptRestored: Command = {
  name: 'keys accept-restored',
  summary: 'Go on with a keyring from a backup of keys, though the store has seen a newer one',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    reason: { type: 'string', value: 'TEXT', description: 'why; it stands in the log for good' },
  },
  examples: ['forge keys accept-restored --reason "the keyring of the safe" --data ./data'],
  async run({ terminal, store, options }) {
    await using forge = await store.openAlone({ acceptRestoredKeyring: { reason: requiredReason(options) } })
    const { revision, slots } = forge.keys.status()
    if (terminal.json) await terminal.printJson({ revision, slots: slots.length })
    else
      await terminal.printLine(
        `the keyring goes on with revision ${revision}; look at its slots with keys status`,
      )
    return EXIT.ok
  },
}
