import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'

export const keysDestroy: Command = {
  name: 'keys destroy',
  summary: 'Destroy an old data key for good, once nothing stored is sealed under it',
  usage: 'KEY_ID',
  positionals: { min: 1, max: 1 },
  options: {
    yes: { type: 'boolean', description: 'really destroy it: old copies of the store become unreadable' },
  },
  examples: ['forge keys destroy 2893412345 --yes --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const [text] = positionals
    const id = Number(text)
    if (!Number.isInteger(id) || id < 1)
      throw usageError(`"${text}" is not a key id`, 'See forge keys status.')
    await using forge = await store.open()
    if (options['yes'] !== true) {
      throw usageError(
        `destroying key ${id} makes every older copy of its values unreadable`,
        'Add --yes to destroy it.',
      )
    }
    await forge.keys.destroy(id)
    if (terminal.json) await terminal.printJson({ destroyed: id })
    else terminal.note(`key ${id} is destroyed`)
  },
}
