import type { Command } from '../../program/command.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { eventLine } from '../../render/entry-line.ts'
import { formatCountOf } from '../../render/quantities.ts'

/** Events are acked when they are printed; more at once would only come again after a crash. */
const BATCH_EVENTS = 100

export const eventsConsume: Command = {
  name: 'events consume',
  summary: 'Print what a consumer group has not seen yet, and ack it',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    group: { type: 'string', short: 'g', value: 'GROUP', description: 'the group; made when it is new' },
    topic: {
      type: 'string',
      short: 't',
      value: 'PATTERN',
      description: 'its topics, such as orders.*; needed when it is new',
    },
    limit: { type: 'string', short: 'n', value: 'N', description: 'at most so many events' },
  },
  examples: [
    "forge events consume --group billing --topic 'orders.*' --data ./data",
    'forge events consume --group billing --limit 10 --json --data ./data',
  ],
  async run({ options, terminal, store, signal }) {
    const group = textOption(options, 'group')
    if (group === undefined) throw usageError('name the group with --group')
    const topics = textOption(options, 'topic')
    const limit = numberOption(options, 'limit', { min: 1, max: 1_000_000_000 }) ?? Number.POSITIVE_INFINITY
    await using forge = await store.open()
    await using subscription = forge.events.subscribe({ group, topics })
    let count = 0
    while (count < limit) {
      signal.throwIfAborted()
      const batch = await subscription.nextBatch(Math.min(BATCH_EVENTS, limit - count), { wait: false })
      if (batch.length === 0) break
      const lines = batch.map(({ entry }) =>
        terminal.json ? JSON.stringify(entry) : eventLine(terminal, entry),
      )
      await terminal.print(`${lines.join('\n')}\n`)
      await subscription.ackAll(batch)
      count += batch.length
    }
    if (count === 0) terminal.note('no events')
    else if (!terminal.json) terminal.note(formatCountOf(count, 'event', 'events'))
  },
}
