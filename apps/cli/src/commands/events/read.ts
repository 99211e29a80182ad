import type { EventMessage } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { parseQueryText } from '../../program/query-text.ts'
import { RANGE_OPTIONS, rangeOf } from '../../program/read-options.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { eventLine } from '../../render/entry-line.ts'
import { printEntries } from '../../render/print-entries.ts'

export const eventsRead: Command = {
  name: 'events read',
  summary: 'Print events in the order they were appended',
  usage: '[TOPIC]',
  positionals: { min: 0, max: 1 },
  options: {
    ...RANGE_OPTIONS,
    query: {
      type: 'string',
      value: 'QUERY',
      description: 'only events that match, such as payload.amount:>100',
    },
    latest: { type: 'boolean', description: 'the latest first' },
  },
  examples: [
    "forge events read 'orders.>' --from -1h --data ./data",
    "forge events read --query 'payload.amount:>100' --json --data ./data",
  ],
  async run({ options, positionals, terminal, store, signal }) {
    const text = textOption(options, 'query')
    const query = text === undefined ? undefined : parseQueryText(text)
    await using forge = await store.open()
    const direction = options['latest'] === true ? ('backward' as const) : ('forward' as const)
    const range = {
      ...rangeOf(options, signal),
      topic: textOption(options, 'topic') ?? positionals[0],
      direction,
    }
    const results = query === undefined ? forge.events.read(range) : forge.events.search(query, range)
    // What is stored is JSON, or bytes.
    const batches = results.batches() as AsyncIterable<readonly EventMessage[]>
    const count = await printEntries(terminal, batches, (event) => eventLine(terminal, event))
    if (count === 0) terminal.note('no events')
  },
}
