import type { GroupOrder } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { groupJson } from './group-json.ts'
import { PLACE_HELP, placeOf } from './group-place.ts'

const DAY_MS = 86_400_000

export const groupsCreate: Command = {
  name: 'groups create',
  summary: 'Create a consumer group of topics',
  usage: 'GROUP TOPIC…',
  positionals: { min: 2, max: 65 },
  options: {
    from: { type: 'string', value: 'PLACE', description: `where it begins: ${PLACE_HELP} (default start)` },
    order: { type: 'string', value: 'NAME', description: 'log or priority (default log)' },
    'ack-timeout-ms': {
      type: 'string',
      value: 'N',
      description: 'after so long a delivery goes to somebody else (default 30000)',
    },
    'max-deliveries': {
      type: 'string',
      value: 'N',
      description: 'after so many an event becomes a dead letter (default 5)',
    },
    'backoff-ms': {
      type: 'string',
      value: 'N',
      description: 'wait before the second delivery; it doubles with each further one (default 1000)',
    },
  },
  examples: [
    "forge groups create billing 'orders.*' --data ./data",
    "forge groups create alerts 'app.>' --from end --order priority --data ./data",
  ],
  async run({ options, positionals, terminal, store }) {
    const [name, ...topics] = positionals
    const from = textOption(options, 'from')
    const group = {
      topics,
      from: from === undefined ? undefined : placeOf(from),
      order: orderOf(textOption(options, 'order')),
      ackTimeoutMs: numberOption(options, 'ack-timeout-ms', { min: 1, max: DAY_MS }),
      maxDeliveries: numberOption(options, 'max-deliveries', { min: 1, max: 1000 }),
      backoffMs: numberOption(options, 'backoff-ms', { min: 0, max: 3_600_000 }),
    }
    await using forge = await store.open()
    const created = await forge.events.groups.create(name!, group)
    if (terminal.json) await terminal.printJson(groupJson(created))
    else terminal.note(`the group ${name!} is created`)
  },
}

function orderOf(text: string | undefined): GroupOrder | undefined {
  if (text === undefined || text === 'log' || text === 'priority') return text
  throw usageError(`--order takes log or priority, not "${text}"`)
}
