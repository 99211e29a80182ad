import type { Command } from '../../program/command.ts'
import { numberOption, textOption } from '../../program/parse-arguments.ts'
import { followEntries } from '../../program/follow.ts'
import { logLine } from '../../render/entry-line.ts'
import { printEntries } from '../../render/print-entries.ts'

export const logsTail: Command = {
  name: 'logs tail',
  summary: 'Print the latest log entries, and follow new ones',
  usage: '[TOPIC]',
  positionals: { min: 0, max: 1 },
  options: {
    topic: {
      type: 'string',
      short: 't',
      value: 'PATTERN',
      description: 'a topic, or a pattern such as app.* or app.>',
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      description: 'how many entries to begin with (default 10)',
    },
    follow: {
      type: 'boolean',
      short: 'f',
      description: 'wait for more, between the times other processes use the store',
    },
  },
  examples: ['forge logs tail --data ./data', "forge logs tail 'app.*' -n 50 --follow --data ./data"],
  async run({ options, positionals, terminal, store, signal }) {
    const topic = textOption(options, 'topic') ?? positionals[0]
    const limit = numberOption(options, 'limit', { min: 0, max: 1_000_000 }) ?? 10
    await followEntries({
      store,
      signal,
      follow: options['follow'] === true,
      read: async (forge, after) => {
        if (after === undefined) {
          const latest =
            limit === 0
              ? []
              : await forge.logs.read({ topic, limit, direction: 'backward', signal }).toArray()
          if (latest.length === 0 && limit > 0) terminal.note('no entries')
          await printEntries(terminal, once(latest.reverse()), (entry) => logLine(terminal, entry))
        } else {
          const results = forge.logs.read({ topic, from: { position: after }, signal })
          await printEntries(terminal, results.batches(), (entry) => logLine(terminal, entry))
        }
      },
    })
  },
}

async function* once<T>(batch: readonly T[]): AsyncGenerator<readonly T[]> {
  if (batch.length > 0) yield batch
}
