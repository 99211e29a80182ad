import { ForgeError } from '@forgeone/common'
import { formatPosition } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { formatCount, formatDuration, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { groupJson } from './group-json.ts'

export const groupsDescribe: Command = {
  name: 'groups describe',
  summary: 'Show what is known of one consumer group',
  usage: 'GROUP',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge groups describe billing --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const name = positionals[0]!
    const group = await forge.events.groups.get(name)
    if (group === undefined) throw new ForgeError('STREAM_GROUP_UNKNOWN', `there is no group ${name}`)
    const lag = await forge.events.groups.lag(name)
    if (terminal.json) {
      await terminal.printJson({ ...groupJson(group), lag: lag.entries })
      return
    }
    const facts = [
      ['group', name],
      ['state', group.paused ? 'paused' : 'active'],
      ['topics', group.topics.join(' ')],
      ['order', group.order],
      ['created', formatTime(group.createdAt)],
      ['position', formatPosition(group.position)],
      ['behind', formatCount(lag.entries)],
      ['waiting', formatCount(group.waiting)],
      ['ack timeout', formatDuration(group.ackTimeoutMs)],
      ['deliveries', `at most ${group.maxDeliveries}`],
      ['backoff', formatDuration(group.backoffMs)],
    ]
    await terminal.print(renderTable(terminal, [{ title: 'fact' }, { title: 'value' }], facts))
  },
}
