import type { Command } from '../../program/command.ts'
import { EXIT } from '../../program/exit-codes.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { eventLine } from '../../render/entry-line.ts'
import { formatCountOf } from '../../render/quantities.ts'
import { noteNoEvents, runForEach, type Consuming } from './run-for-each.ts'

/** Events are acked when they are printed; more at once would only come again after a crash. */
const BATCH_EVENTS = 100

export const eventsConsume: Command = {
  name: 'events consume',
  summary: 'Print what a consumer group has not seen yet, or give it to a program, and ack it',
  usage: '[-- PROGRAM [ARGUMENT…]]',
  positionals: { min: 0, max: 1000 },
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
  details: [
    'What is printed is acked, whatever reads the output does with it: `| head -2` takes more than two.',
    'Use --limit 2, or name a program: it runs once an event, with the event as a JSON line on its standard',
    'input. An exit code of 0 acks the event; any other gives it back, and the exit code here is 1.',
  ],
  examples: [
    "forge events consume --group billing --topic 'orders.*' --data ./data",
    'forge events consume --group billing --limit 10 --json --data ./data',
    'forge events consume --group billing --data ./data -- ./send-invoice.sh',
  ],
  async run({ options, positionals, terminal, store, signal }) {
    const group = textOption(options, 'group')
    if (group === undefined) throw usageError('name the group with --group')
    const topics = textOption(options, 'topic')
    const limit = numberOption(options, 'limit', { min: 1, max: 1_000_000_000 }) ?? Number.POSITIVE_INFINITY
    await using forge = await store.open()
    await using subscription = await forge.events.subscribe({ group, topics })
    const consuming: Consuming = {
      subscription,
      groupNow: async () => await forge.events.groups.get(group),
      limit,
      terminal,
      signal,
    }
    if (positionals.length > 0) return await runForEach({ ...consuming, words: positionals })
    const count = await printAll(consuming)
    if (count === 0) await noteNoEvents(consuming)
    else if (!terminal.json) terminal.note(formatCountOf(count, 'event', 'events'))
    return EXIT.ok
  },
}

async function printAll({ subscription, limit, terminal, signal }: Consuming): Promise<number> {
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
  return count
}
