import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'

export const settingsGet: Command = {
  name: 'settings get',
  summary: 'Print one setting',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: {},
  examples: ['forge settings get ui.theme --data ./data'],
  async run({ positionals, terminal, store }) {
    await using forge = await store.open()
    const name = positionals[0]!
    const setting = await forge.settings.describe(name)
    if (setting === undefined) throw new ForgeError('SETTING_UNKNOWN', `there is no setting ${name}`)
    if (terminal.json) await terminal.printJson(setting)
    else
      await terminal.printLine(
        typeof setting.value === 'string' ? setting.value : JSON.stringify(setting.value),
      )
  },
}
