import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'

export const keysRemoveProvider: Command = {
  name: 'keys remove-provider',
  summary: 'Take away a way to open the store',
  usage: 'SLOT',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge keys remove-provider 2 --data ./data'],
  async run({ positionals, terminal, store }) {
    const [text] = positionals
    const slot = Number(text)
    if (!Number.isInteger(slot) || slot < 1)
      throw usageError(`"${text}" is not a slot`, 'See forge keys status.')
    await using forge = await store.open()
    await forge.keys.removeProvider(slot)
    if (terminal.json) await terminal.printJson({ removed: slot })
    else
      terminal.note(
        `slot ${slot} is gone; rotate the master key if its secret may be known (forge keys rotate --master)`,
      )
  },
}
