import type { Command } from '../../program/command.ts'

export const groupsPause: Command = {
  name: 'groups pause',
  summary: 'Hand out nothing more of a consumer group until it is resumed',
  usage: 'GROUP',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge groups pause billing --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const name = positionals[0]!
    await forge.events.groups.pause(name)
    if (terminal.json) await terminal.printJson({ name, paused: true })
    else terminal.note(`${name} is paused`)
  },
}
