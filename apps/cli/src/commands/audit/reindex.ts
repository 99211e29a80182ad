import type { Command } from '../../program/command.ts'
import { formatCountOf } from '../../render/quantities.ts'

export const auditReindex: Command = {
  name: 'audit reindex',
  summary: 'Write the index of audit queries anew, from the leaves',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge audit reindex --data ./data'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const bundles = await forge.audit.reindex()
    if (terminal.json) await terminal.printJson({ bundles })
    else await terminal.printLine(`${formatCountOf(bundles, 'bundle', 'bundles')} of 256 leaves in the index`)
  },
}
