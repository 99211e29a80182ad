import { formatPosition } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { formatCount } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { groupJson } from './group-json.ts'

export const groupsList: Command = {
  name: 'groups list',
  summary: 'List the consumer groups of the events',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge groups list --data ./data', 'forge groups list --data ./data --json'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const groups = await forge.events.groups.list()
    if (terminal.json) for (const group of groups) await terminal.printJson(groupJson(group))
    else if (groups.length === 0) terminal.note('no groups')
    else {
      const columns = [
        { title: 'group' },
        { title: 'state' },
        { title: 'order' },
        { title: 'behind', align: 'right' as const },
        { title: 'position' },
        { title: 'topics' },
      ]
      const rows: string[][] = []
      for (const group of groups) {
        const { entries } = await forge.events.groups.lag(group.name)
        rows.push([
          group.name,
          group.paused ? 'paused' : 'active',
          group.order,
          formatCount(entries),
          formatPosition(group.position),
          group.topics.join(' '),
        ])
      }
      await terminal.print(renderTable(terminal, columns, rows))
    }
  },
}
