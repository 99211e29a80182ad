import type { JsonValue } from '@forgeone/common'
import type { Command } from '../../program/command.ts'

export const settingsSet: Command = {
  name: 'settings set',
  summary: 'Set a setting to a JSON value or a text',
  usage: 'NAME VALUE',
  positionals: { min: 2, max: 2 },
  options: { text: { type: 'boolean', description: 'take VALUE as text even when it is JSON' } },
  examples: [
    'forge settings set ui.theme dark --data ./data',
    'forge settings set limits \'{"users": 50}\' --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    await using forge = await store.open()
    const [name, text] = positionals
    const setting = await forge.settings.set(name!, options['text'] === true ? text! : valueOf(text!))
    if (terminal.json) await terminal.printJson(setting)
    else terminal.note(`${setting.name} is set (version ${setting.version})`)
  },
}

function valueOf(text: string): JsonValue {
  try {
    // JSON.parse gives JSON values by definition.
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}
