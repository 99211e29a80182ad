import type { Command } from '../../program/command.ts'

export const groupsResume: Command = {
  name: 'groups resume',
  summary: 'Let a paused consumer group go on',
  usage: 'GROUP',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge groups resume billing --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const name = positionals[0]!
    await forge.events.groups.resume(name)
    if (terminal.json) await terminal.printJson({ name, paused: false })
    else terminal.note(`${name} is resumed`)
  },
}
