import type { Command } from '../../program/command.ts'
import { numberOption } from '../../program/parse-arguments.ts'
import { readSecretInput, VALUE_OPTIONS } from './secret-input.ts'
import { spanOption } from '../../program/span-option.ts'

export const vaultSet: Command = {
  name: 'vault set',
  summary: 'Set a new version of a secret, from a hidden prompt, standard input or a file',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: {
    ...VALUE_OPTIONS,
    cas: { type: 'string', value: 'N', description: 'only if the current version is N; 0 for a new secret' },
    ttl: { type: 'string', value: 'SPAN', description: 'readable for so long, such as 30d' },
  },
  examples: [
    'forge vault set db/password --data ./data',
    'pass show db | forge vault set db/password --cas 3 --data ./data',
  ],
  async run(context) {
    const { options, positionals, terminal, store } = context
    const cas = numberOption(options, 'cas', { min: 0, max: 0xffff_ffff })
    const ttlMs = spanOption(options, 'ttl')
    await using forge = await store.open()
    const value = await readSecretInput(context)
    const { version, sequence } = await forge.vault.set(positionals[0]!, value, { cas, ttlMs })
    value.fill(0)
    if (terminal.json) await terminal.printJson({ path: positionals[0], version, sequence })
    else terminal.note(`${positionals[0]} has version ${version} (commit ${sequence})`)
  },
}
