import { importEnvironment } from '@forgeone/vault'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { formatCount } from '../../render/quantities.ts'
import { readSecretInput, VALUE_OPTIONS } from './secret-input.ts'

export const vaultImport: Command = {
  name: 'vault import',
  summary: 'Set one secret for each variable of an .env file',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    ...VALUE_OPTIONS,
    prefix: { type: 'string', value: 'PATH', description: 'put them below this path' },
  },
  examples: ['forge vault import --file .env --prefix app --data ./data'],
  async run(context) {
    const { options, terminal, store } = context
    const text = await readSecretInput(context)
    await using forge = await store.open()
    const paths = await importEnvironment(forge.vault, text, { prefix: textOption(options, 'prefix') })
    text.fill(0)
    if (terminal.json) await terminal.printJson({ paths })
    else terminal.note(`set ${formatCount(paths.length)} secrets`)
  },
}
