import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'

export const repair: Command = {
  name: 'repair',
  summary: 'List rows that were set aside because they do not parse, or remove one for good',
  usage: '[ROW]',
  positionals: { min: 0, max: 1 },
  options: { yes: { type: 'boolean', description: 'really remove the row' } },
  examples: ['forge repair --data ./data', 'forge repair vault/6d0123456789abcdef --yes --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const [row] = positionals
    if (row !== undefined && options['yes'] !== true)
      throw usageError('a row that is removed cannot be brought back', 'Add --yes to remove it.')
    await using forge = await store.open()
    if (row !== undefined) {
      if (!(await forge.removeDamagedRow(row)))
        throw new ForgeError('SETTING_UNKNOWN', 'no damaged row has this name', {
          hint: 'List them with `forge repair`.',
        })
      if (terminal.json) await terminal.printJson({ removed: row })
      else terminal.note(`${row} is removed`)
      return
    }
    const rows = await forge.damagedRows()
    if (terminal.json) await terminal.printJson({ rows })
    else if (rows.length === 0) terminal.note('no row is damaged')
    else for (const { id, code, message } of rows) await terminal.printLine(`${id}  ${message} [${code}]`)
  },
}
