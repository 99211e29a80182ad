import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { entryDetails } from '../../render/entry-details.ts'
import { eventLine } from '../../render/entry-line.ts'

export const eventsGet: Command = {
  name: 'events get',
  summary: 'Print an event by its id',
  usage: 'ID',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge events get 019a0b1c-2d3e-7001-8000-000000400001 --json --data ./data'],
  async run({ positionals, terminal, store }) {
    const id = positionals[0]!
    await using forge = await store.open()
    const event = await forge.events.get(id)
    if (event === undefined) throw new ForgeError('STREAM_ENTRY_UNKNOWN', `no event has the id ${id}`)
    if (terminal.json) await terminal.printJson(event)
    else
      await terminal.print(`${[eventLine(terminal, event), ...entryDetails(terminal, event)].join('\n')}\n`)
  },
}
