import { directoryTarget } from '@forgeone/audit'
import type { Command } from '../../program/command.ts'
import { textOption, usageError } from '../../program/parse-arguments.ts'
import { Progress } from '../../render/progress.ts'
import { formatCount } from '../../render/quantities.ts'

export const auditExport: Command = {
  name: 'audit export',
  summary: 'Write the audit log as files that any tlog-tiles tool reads',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    out: { type: 'string', short: 'o', value: 'DIR', description: 'directory to write to' },
    'hashes-only': { type: 'boolean', description: 'no leaves, which name actors and actions' },
  },
  examples: ['forge audit export --out ./audit-log --data ./data'],
  async run({ options, terminal, store, resolvePath }) {
    const out = textOption(options, 'out')
    if (out === undefined) throw usageError('nothing says where to write to', 'Add --out DIR.')
    const progress = new Progress(terminal)
    await using forge = await store.open()
    const entries = options['hashes-only'] === true ? 'none' : 'full'
    try {
      const { size } = await forge.audit.exportTiles(directoryTarget(resolvePath(out)), {
        entries,
        onProgress: (count) =>
          progress.update({ label: 'export', doneBytes: 0, totalBytes: undefined, count, unit: 'leaves' }),
      })
      progress.clear()
      if (terminal.json) await terminal.printJson({ leaves: size, path: resolvePath(out), entries })
      else await terminal.printLine(`${formatCount(size)} leaves in ${resolvePath(out)}`)
    } finally {
      progress.clear()
    }
  },
}
