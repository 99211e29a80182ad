import type { Command } from '../../program/command.ts'
import { printable } from '../../render/printable.ts'
import { formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'

export const settingsList: Command = {
  name: 'settings list',
  summary: 'List settings',
  usage: '[PREFIX]',
  positionals: { min: 0, max: 1 },
  options: {},
  examples: ['forge settings list --data ./data', 'forge settings list ui. --data ./data --json'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const settings = await forge.settings.list(positionals[0] ?? '')
    if (terminal.json) for (const setting of settings) await terminal.printJson(setting)
    else if (settings.length === 0) terminal.note('no settings')
    else {
      const columns = [
        { title: 'name' },
        { title: 'version', align: 'right' as const },
        { title: 'updated' },
        { title: 'value' },
      ]
      const rows = settings.map((setting) => [
        setting.name,
        String(setting.version),
        formatTime(setting.updatedAt),
        printable(JSON.stringify(setting.value)),
      ])
      await terminal.print(renderTable(terminal, columns, rows))
    }
  },
}
