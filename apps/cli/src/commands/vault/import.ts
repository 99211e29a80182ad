import { importEnvironment } from '@forgeone/vault'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { formatCount } from '../../render/quantities.ts'
import { readSecretInput, VALUE_OPTIONS } from './secret-input.ts'

export const vaultImport: Command = {
  name: 'vault import',
  summary: 'Set one secret for each variable of an .env file',
  usage: '[FILE]',
  positionals: { min: 0, max: 1 },
  options: {
    file: { ...VALUE_OPTIONS['file']!, description: 'the same, by name; - for standard input' },
    prefix: { type: 'string', value: 'PATH', description: 'put them below this path' },
  },
  examples: ['forge vault import .env --prefix app --data ./data'],
  async run(context) {
    const { options, terminal, store } = context
    const [file] = context.positionals
    if (file !== undefined && textOption(options, 'file') !== undefined)
      throw usageError('the file is given twice')
    const text = await readSecretInput(
      file === undefined ? context : { ...context, options: { ...options, file } },
    )
    await using forge = await store.open()
    const paths = await importEnvironment(forge.vault, text, { prefix: textOption(options, 'prefix') })
    text.fill(0)
    if (terminal.json) await terminal.printJson({ paths })
    else terminal.note(`set ${formatCount(paths.length)} secrets`)
  },
}
