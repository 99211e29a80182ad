import { prometheusText } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'

export const metrics: Command = {
  name: 'metrics',
  summary: 'Print what a store holds in the text format of Prometheus',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {},
  examples: ['forge metrics --data ./data > /var/lib/node_exporter/forge.prom'],
  async run({ terminal, store }) {
    await using forge = await store.open()
    const statistics = await forge.stats()
    if (terminal.json) await terminal.printJson(Object.fromEntries(await forge.metrics()))
    else await terminal.print(prometheusText({ metrics: await forge.metrics(), statistics }))
  },
}
