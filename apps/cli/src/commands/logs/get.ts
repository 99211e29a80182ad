import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { entryDetails } from '../../render/entry-details.ts'
import { logLine } from '../../render/entry-line.ts'

export const logsGet: Command = {
  name: 'logs get',
  summary: 'Print a log entry by its id',
  usage: 'ID',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge logs get 019a0b1c-2d3e-7001-8000-000000400001 --json --data ./data'],
  async run({ positionals, terminal, store }) {
    const id = positionals[0]!
    await using forge = await store.open()
    const entry = await forge.logs.get(id)
    if (entry === undefined) throw new ForgeError('STREAM_ENTRY_UNKNOWN', `no entry has the id ${id}`)
    if (terminal.json) await terminal.printJson(entry)
    else await terminal.print(`${[logLine(terminal, entry), ...entryDetails(terminal, entry)].join('\n')}\n`)
  },
}
