import type { Command } from '../../program/command.ts'

export const cacheClear: Command = {
  name: 'cache clear',
  summary: 'Forget everything that is cached',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: { sessions: { type: 'boolean', description: 'sessions too' } },
  examples: ['forge cache clear --data ./data'],
  async run({ terminal, options, store }) {
    await using forge = await store.open()
    await forge.cache.invalidateAll({ sessions: options['sessions'] === true })
    if (terminal.json) await terminal.printJson({ cleared: true })
    else terminal.note('the cache is empty')
  },
}
