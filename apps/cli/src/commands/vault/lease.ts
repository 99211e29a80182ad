import type { Command } from '../../program/command.ts'
import { numberOption } from '../../program/parse-arguments.ts'
import { formatTime } from '../../render/quantities.ts'
import { spanOption } from '../../program/span-option.ts'

const HOUR_MS = 3_600_000

export const vaultLease: Command = {
  name: 'vault lease',
  summary: 'Give someone the right to read one secret for a time; prints a token, once',
  usage: 'PATH',
  positionals: { min: 1, max: 1 },
  options: {
    ttl: { type: 'string', value: 'SPAN', description: 'such as 15m; default 1h, at most 30d' },
    'max-uses': { type: 'string', value: 'N', description: 'readings allowed; any number by default' },
  },
  examples: ['forge vault lease db/password --ttl 15m --max-uses 1 --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const ttlMs = spanOption(options, 'ttl') ?? HOUR_MS
    const maxUses = numberOption(options, 'max-uses', { min: 1, max: 1_000_000 })
    await using forge = await store.open()
    const { id, token, expires } = await forge.vault.leases.create(positionals[0]!, { ttlMs, maxUses })
    if (terminal.json) {
      await terminal.printJson({ id, token, expires })
      return
    }
    terminal.note(`lease ${id} until ${formatTime(expires)}; the token is shown once:`)
    await terminal.printLine(token)
  },
}
