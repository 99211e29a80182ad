import type { Command } from '../../program/command.ts'

export const groupsRemove: Command = {
  name: 'groups remove',
  summary: 'Forget a consumer group and its progress; its dead letters stay',
  usage: 'GROUP',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge groups remove billing --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const name = positionals[0]!
    await forge.events.groups.remove(name)
    if (terminal.json) await terminal.printJson({ name, removed: true })
    else terminal.note(`${name} is removed`)
  },
}
