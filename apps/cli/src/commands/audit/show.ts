import { parseLeaf } from '@forgeone/audit'
import type { Command } from '../../program/command.ts'
import { printable } from '../../render/printable.ts'
import { formatTime } from '../../render/quantities.ts'
import { sequenceOf } from './sequence.ts'

export const auditShow: Command = {
  name: 'audit show',
  summary: 'Print the leaf of a commit',
  usage: 'SEQ',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge audit show 12 --data ./data', 'forge audit show 0 --json --data ./data'],
  async run({ positionals, terminal, store }) {
    const index = sequenceOf(positionals[0]!)
    await using forge = await store.open()
    const text = await forge.audit.leaf(index)
    const facts = parseLeaf(text)
    if (terminal.json || facts === undefined) {
      await terminal.printLine(text)
      return
    }
    const lines = [
      ['commit', String(facts.sequence)],
      ['time', formatTime(facts.time)],
      ...(facts.backMs === undefined ? [] : [['clock', `had stepped back ${facts.backMs} ms`]]),
      ['actor', facts.actor],
      ['action', facts.action],
      ['resource', [facts.resourceClass, facts.resourceHash ?? ''].join(' ').trimEnd()],
      ['operations', `${facts.puts} puts, ${facts.deletes} deletes`],
      ...(facts.entries === undefined
        ? []
        : [['entries', `${facts.entries.count}, root ${facts.entries.root}`]]),
      ...(facts.keyIds === undefined ? [] : [['keys', facts.keyIds.join(', ')]]),
      ...(facts.context === undefined ? [] : [['context', JSON.stringify(facts.context)]]),
    ]
    await terminal.print(lines.map(([name, value]) => `${name!.padEnd(12)}${printable(value!)}\n`).join(''))
  },
}
