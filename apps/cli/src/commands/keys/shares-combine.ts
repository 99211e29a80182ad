import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'
import { NEW_SECRET_OPTIONS, newProvider } from './new-provider.ts'

export const keysSharesCombine: Command = {
  name: 'keys shares combine',
  summary: 'Open the store with shares and give it a new secret',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: NEW_SECRET_OPTIONS,
  examples: ['forge keys shares combine --shares-file ./shares --new-secret-file ./new-secret --data ./data'],
  async run(context) {
    const { options, terminal, store } = context
    if (options['shares-file'] === undefined) {
      throw usageError(
        'no shares were given',
        'Write one share a line into a file and name it with --shares-file.',
      )
    }
    await using forge = await store.open()
    const slot = await forge.keys.addProvider(await newProvider(context))
    if (terminal.json) await terminal.printJson({ slot })
    else terminal.note(`the shares opened the store; the new secret opens it too, by slot ${slot.id}`)
  },
}
