import type { JsonValue } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { settingValue } from './setting-value.ts'

export const settingsSet: Command = {
  name: 'settings set',
  summary: 'Set a setting to a JSON value or a text; says which it took it for',
  usage: 'NAME VALUE',
  positionals: { min: 2, max: 2 },
  options: { text: { type: 'boolean', description: 'take VALUE as text even when it is JSON' } },
  examples: [
    'forge settings set ui.theme dark --data ./data',
    'forge settings set limits \'{"users": 50}\' --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    const [name, text] = positionals
    const value = options['text'] === true ? text! : settingValue(text!)
    await using forge = await store.open()
    const setting = await forge.settings.set(name!, value)
    if (terminal.json) await terminal.printJson(setting)
    else terminal.note(`${setting.name} is set to ${kindOf(setting.value)} (version ${setting.version})`)
  },
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'number' ? 'a number' : String(value)
}
