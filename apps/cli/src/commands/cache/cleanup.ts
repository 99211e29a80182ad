import type { Command } from '../../program/command.ts'
import { formatBytes, formatCountOf, formatDuration } from '../../render/quantities.ts'
import { openStoreCache } from './store-cache.ts'

export const cacheCleanup: Command = {
  name: 'cache cleanup',
  summary: 'Remove what has expired from the cache',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge cache cleanup --data ./data'],
  async run(context) {
    const { terminal } = context
    await using cache = await openStoreCache(context)
    const report = await cache.cleanup()
    if (terminal.json) await terminal.printJson(report)
    else
      terminal.note(
        `${formatCountOf(report.removed, 'entry', 'entries')} removed, ${formatBytes(report.bytes)}, ${formatDuration(report.ms)}`,
      )
  },
}
