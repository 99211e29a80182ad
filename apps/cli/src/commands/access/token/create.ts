import type { Command } from '../../../program/command.ts'
import { spanOption } from '../../../program/span-option.ts'
import { formatTime } from '../../../render/quantities.ts'

export const accessTokenCreate: Command = {
  name: 'access token create',
  summary: 'Make a token that stands for a principal; it is shown once',
  usage: 'PRINCIPAL',
  positionals: { min: 1, max: 1 },
  options: { ttl: { type: 'string', value: 'SPAN', description: 'such as 30d; default 90d, at most 366d' } },
  examples: ['forge access token create ann --ttl 30d --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const ttlMs = spanOption(options, 'ttl')
    await using forge = await store.open()
    const { token, info } = await forge.access.createToken(positionals[0]!, { ttlMs })
    if (terminal.json) {
      await terminal.printJson({ ...info, token })
      return
    }
    terminal.note(
      `token ${info.id} stands for ${info.principal} until ${formatTime(info.expires)}; it is shown once:`,
    )
    await terminal.printLine(token)
  },
}
