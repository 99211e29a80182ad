import type { Command } from '../../program/command.ts'
import { formatCount, formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'

export const vaultList: Command = {
  name: 'vault list',
  summary: 'List secrets, never their values',
  usage: '[PATTERN]',
  positionals: { min: 0, max: 1 },
  options: {},
  examples: ["forge vault list 'db/**' --data ./data"],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const secrets = await forge.vault.list(positionals[0])
    if (terminal.json) {
      for (const secret of secrets) await terminal.printJson(secret)
      return
    }
    await terminal.print(
      renderTable(
        terminal,
        [
          { title: 'path' },
          { title: 'version', align: 'right' },
          { title: 'kept', align: 'right' },
          { title: 'state' },
          { title: 'set' },
        ],
        secrets.map(({ path, current, versions }) => {
          const newest = versions.at(-1)!
          return [
            path,
            String(current),
            formatCount(versions.length),
            newest.state,
            formatTime(newest.created),
          ]
        }),
      ),
    )
  },
}
