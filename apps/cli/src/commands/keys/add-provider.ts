import type { Command } from '../../program/command.ts'
import { NEW_SECRET_OPTIONS, newProvider } from './new-provider.ts'

export const keysAddProvider: Command = {
  name: 'keys add-provider',
  summary: 'Add a further way to open the store, such as a recovery key',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: NEW_SECRET_OPTIONS,
  examples: [
    'forge keys add-provider --new-key-file /media/usb/recovery.key --data ./data',
    'forge keys add-provider --new-key-command "./kms-wrap my-key" --data ./data',
  ],
  async run(context) {
    const { terminal, store } = context
    await using forge = await store.open()
    const slot = await forge.keys.addProvider(await newProvider(context))
    if (terminal.json) await terminal.printJson({ slot })
    else terminal.note(`slot ${slot.id} (${slot.kind}) opens the store too`)
  },
}
