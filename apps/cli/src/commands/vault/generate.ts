import type { Command } from '../../program/command.ts'
import { numberOption, textOption, usageError } from '../../program/parse-arguments.ts'
import { spanOption } from '../../program/span-option.ts'

const KINDS = ['bytes', 'password', 'uuid', 'ed25519'] as const

export const vaultGenerate: Command = {
  name: 'vault generate',
  summary: 'Set a secret that nobody has seen',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: {
    kind: { type: 'string', value: 'KIND', description: 'password (default), bytes, uuid or ed25519' },
    length: { type: 'string', value: 'N', description: 'characters or bytes, 8 to 1024; default 32' },
    cas: { type: 'string', value: 'N', description: 'only if the current version is N; 0 for a new secret' },
    ttl: { type: 'string', value: 'SPAN', description: 'readable for so long, such as 30d' },
  },
  examples: ['forge vault generate db/password --length 40 --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const named = textOption(options, 'kind') ?? 'password'
    const kind = KINDS.find((each) => each === named)
    if (kind === undefined)
      throw usageError(`"${named}" is no kind of secret`, `Kinds are ${KINDS.join(', ')}.`)
    const length = numberOption(options, 'length', { min: 8, max: 1024 })
    const cas = numberOption(options, 'cas', { min: 0, max: 0xffff_ffff })
    const ttlMs = spanOption(options, 'ttl')
    await using forge = await store.open()
    const { version, sequence } = await forge.vault.generate(positionals[0]!, { kind, length, cas, ttlMs })
    if (terminal.json) await terminal.printJson({ path: positionals[0], version, sequence })
    else terminal.note(`${positionals[0]} has version ${version} (commit ${sequence})`)
  },
}
