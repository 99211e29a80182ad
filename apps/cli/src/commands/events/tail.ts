import type { Command } from '../../program/command.ts'
import { followEntries } from '../../program/follow.ts'
import { numberOption, textOption } from '../../program/parse-arguments.ts'
import { eventLine } from '../../render/entry-line.ts'
import { printEntries } from '../../render/print-entries.ts'

export const eventsTail: Command = {
  name: 'events tail',
  summary: 'Print the latest events, and follow new ones',
  usage: '[TOPIC]',
  positionals: { min: 0, max: 1 },
  options: {
    topic: {
      type: 'string',
      short: 't',
      value: 'PATTERN',
      description: 'a topic, or a pattern such as orders.* or orders.>',
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      description: 'how many events to begin with (default 10)',
    },
    follow: {
      type: 'boolean',
      short: 'f',
      description: 'wait for more, between the times other processes use the store',
    },
  },
  examples: ["forge events tail 'orders.>' --follow --data ./data"],
  async run({ options, positionals, terminal, store, signal }) {
    const topic = textOption(options, 'topic') ?? positionals[0]
    const limit = numberOption(options, 'limit', { min: 0, max: 1_000_000 }) ?? 10
    await followEntries({
      store,
      signal,
      follow: options['follow'] === true,
      read: async (forge, after) => {
        const latest =
          after === undefined && limit > 0
            ? await forge.events.read({ topic, limit, direction: 'backward', signal }).toArray()
            : []
        for (const event of latest.reverse())
          await terminal.printLine(terminal.json ? JSON.stringify(event) : eventLine(terminal, event))
        if (after === undefined) {
          if (latest.length === 0 && limit > 0) terminal.note('no events')
          return
        }
        const results = forge.events.read({ topic, from: { position: after }, signal })
        await printEntries(terminal, results.batches(), (event) => eventLine(terminal, event))
      },
    })
  },
}
