import type { Command } from '../../program/command.ts'
import { numberOption } from '../../program/parse-arguments.ts'
import { formatCountOf } from '../../render/quantities.ts'

export const groupsRedrive: Command = {
  name: 'groups redrive',
  summary: 'Append the events of the dead letters of a group to their topics once more',
  usage: 'GROUP',
  positionals: { min: 1, max: 1 },
  options: {
    limit: { type: 'string', short: 'n', value: 'N', description: 'at most so many dead letters' },
  },
  examples: [
    'forge groups redrive billing --data ./data',
    'forge groups redrive billing -n 10 --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    const limit = numberOption(options, 'limit', { min: 1, max: 1_000_000_000 })
    await using forge = await store.open()
    const name = positionals[0]!
    const events = await forge.events.groups.redrive(name, { limit })
    if (terminal.json) await terminal.printJson({ name, events })
    else terminal.note(`${formatCountOf(events, 'event is', 'events are')} back in the topics`)
  },
}
