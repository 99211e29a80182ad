import type { Command } from '../../program/command.ts'
import { formatBytes, formatCount, formatTime } from '../../render/quantities.ts'

export const cacheStats: Command = {
  name: 'cache stats',
  summary: 'Show what the cache of the store takes',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge cache stats --data ./data'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const stats = await forge.cache.stats()
    if (terminal.json) {
      await terminal.printJson(stats)
      return
    }
    await terminal.printLine(`stored        ${formatBytes(stats.diskBytes)}`)
    await terminal.printLine(`evicted       ${formatCount(stats.evicted)}`)
    await terminal.printLine(
      `last cleanup  ${stats.lastCleanup === undefined ? 'never' : formatTime(stats.lastCleanup)}`,
    )
  },
}
