import type { Command } from '../../program/command.ts'
import { formatBytes, formatCount, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'

export const connections: Command = {
  name: 'connections',
  summary: 'List the processes that use a store through the one that has it open',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge connections --data ./data', 'forge connections --data ./data --json'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const found = await forge.connections()
    if (terminal.json) {
      for (const connection of found) await terminal.printJson({ ...connection })
      return
    }
    if (found.length === 0) {
      terminal.note('nobody else uses the store')
      return
    }
    const columns = ['pid', 'who', 'since', 'calls', 'under way', 'in', 'out'].map((title) => ({ title }))
    const rows = found.map(({ pid, principal, since, calls, callsInFlight, bytesIn, bytesOut }) => [
      String(pid),
      principal ?? 'owner',
      formatTime(since),
      formatCount(calls),
      formatCount(callsInFlight),
      formatBytes(bytesIn),
      formatBytes(bytesOut),
    ])
    await terminal.print(renderTable(terminal, columns, rows))
  },
}
