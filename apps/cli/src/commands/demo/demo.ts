import type { Command } from '../../program/command.ts'

export const demo: Command = {
  name: 'demo',
  summary: 'Show the main job on real logs: import, search, survive a kill, verify',
  usage: '[PATH…]',
  positionals: { min: 0, max: 100_000 },
  options: {},
  examples: ['forge demo', 'forge demo /var/log/nginx app.log'],
  async run(context) {
    // All of ForgeOne comes with it.
    const { demonstrate } = await import('./demonstrate.ts')
    return await demonstrate(context)
  },
}
