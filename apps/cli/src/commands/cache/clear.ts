import type { Command } from '../../program/command.ts'
import { openStoreCache } from './store-cache.ts'

export const cacheClear: Command = {
  name: 'cache clear',
  summary: 'Forget everything that is cached',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: { sessions: { type: 'boolean', description: 'sessions too' } },
  examples: ['forge cache clear --data ./data'],
  async run(context) {
    const { terminal, options } = context
    await using cache = await openStoreCache(context)
    await cache.invalidateAll({ sessions: options['sessions'] === true })
    if (terminal.json) await terminal.printJson({ cleared: true })
    else terminal.note('the cache is empty')
  },
}
