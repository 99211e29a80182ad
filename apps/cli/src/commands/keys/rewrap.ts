import type { Command } from '../../program/command.ts'
import { NEW_SECRET_OPTIONS, newProvider } from './new-provider.ts'

export const keysRewrap: Command = {
  name: 'keys rewrap',
  summary: 'Change the secret that opened the store; no data is rewritten',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: NEW_SECRET_OPTIONS,
  examples: ['forge keys rewrap --new-secret-file ./new-secret --data ./data'],
  async run(context) {
    const { terminal, store } = context
    await using forge = await store.open()
    const slot = await forge.keys.rewrap(await newProvider(context))
    if (terminal.json) await terminal.printJson({ slot })
    else terminal.note(`the new secret opens the store by slot ${slot.id}; the old one no longer does`)
  },
}
