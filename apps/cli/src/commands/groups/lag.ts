import type { Command } from '../../program/command.ts'
import { formatCount, formatDuration } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'

export const groupsLag: Command = {
  name: 'groups lag',
  summary: 'Count the events that a consumer group has not settled',
  usage: 'GROUP',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge groups lag billing --data ./data', 'forge groups lag billing --data ./data --json'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const lag = await forge.events.groups.lag(positionals[0]!)
    if (terminal.json) {
      await terminal.printJson(lag)
      return
    }
    const columns = [
      { title: 'topic' },
      { title: 'events', align: 'right' as const },
      { title: 'oldest', align: 'right' as const },
    ]
    const rows = lag.topics.map(({ pattern, entries, oldestAgeMs }) => [
      pattern,
      formatCount(entries),
      oldestAgeMs === undefined ? '-' : formatDuration(oldestAgeMs),
    ])
    await terminal.print(renderTable(terminal, columns, rows))
  },
}
