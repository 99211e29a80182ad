import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'

export const settingsDelete: Command = {
  name: 'settings delete',
  summary: 'Delete one setting',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge settings delete ui.theme --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const name = positionals[0]!
    if (!(await forge.settings.delete(name)))
      throw new ForgeError('SETTING_UNKNOWN', `there is no setting ${name}`)
    if (terminal.json) await terminal.printJson({ name, deleted: true })
    else terminal.note(`${name} is deleted`)
  },
}
