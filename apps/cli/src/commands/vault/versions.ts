import type { Command } from '../../program/command.ts'
import { formatTime } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { secretMissing } from './secret-missing.ts'

export const vaultVersions: Command = {
  name: 'vault versions',
  summary: 'List the versions of a secret',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge vault versions db/password --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const info = await forge.vault.info(positionals[0]!)
    if (info === undefined) throw secretMissing(positionals[0]!)
    if (terminal.json) {
      await terminal.printJson(info)
      return
    }
    await terminal.print(
      renderTable(
        terminal,
        [
          { title: 'version', align: 'right' },
          { title: 'state' },
          { title: 'set' },
          { title: 'by' },
          { title: 'expires' },
        ],
        info.versions.map(({ version, state, created, by, expires }) => [
          String(version),
          state,
          formatTime(created),
          by,
          expires === undefined ? '-' : formatTime(expires),
        ]),
      ),
    )
  },
}
