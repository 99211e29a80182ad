import type { Command } from '../../program/command.ts'
import { formatBytes, formatCountOf, formatDuration } from '../../render/quantities.ts'

export const cacheCleanup: Command = {
  name: 'cache cleanup',
  summary: 'Remove what has expired from the cache',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge cache cleanup --data ./data'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const report = await forge.cache.cleanup()
    if (terminal.json) await terminal.printJson(report)
    else
      terminal.note(
        `${formatCountOf(report.removed, 'entry', 'entries')} removed, ${formatBytes(report.bytes)}, ${formatDuration(report.ms)}`,
      )
  },
}
