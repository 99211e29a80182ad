import { formatPosition } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { PLACE_HELP, placeOf } from './group-place.ts'

export const groupsSeek: Command = {
  name: 'groups seek',
  summary: `Move a consumer group to another place: ${PLACE_HELP}`,
  usage: 'GROUP PLACE',
  positionals: { min: 2, max: 2 },
  options: {},
  examples: [
    'forge groups seek billing start --data ./data',
    'forge groups seek billing 2024-05-01T00:00:00Z --data ./data',
    'forge groups seek billing checkpoint:before-migration --data ./data',
  ],
  async run({ positionals, terminal, store }) {
    const name = positionals[0]!
    const place = placeOf(positionals[1]!)
    await using forge = await store.open()
    await forge.events.groups.seek(name, place)
    const position = formatPosition((await forge.events.groups.get(name))!.position)
    if (terminal.json) await terminal.printJson({ name, position })
    else terminal.note(`${name} goes on after ${position}`)
  },
}
