import type { ForgeStatistics } from '@forgeone/storage-manager'
import type { Command } from '../../program/command.ts'
import { formatBytes, formatCount, formatRatio } from '../../render/quantities.ts'
import { topicTable } from './topic-table.ts'

export const stats: Command = {
  name: 'stats',
  summary: 'Show what a store holds and what it takes',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: { metrics: { type: 'boolean', description: 'also the counters of this process' } },
  examples: ['forge stats --data ./data', 'forge stats --data ./data --json'],
  async run({ options, terminal, store }) {
    await using forge = await store.open()
    const figures = await forge.stats()
    const metrics = options['metrics'] === true ? { metrics: Object.fromEntries(await forge.metrics()) } : {}
    if (terminal.json) {
      await terminal.printJson({ ...figures, ...metrics })
      return
    }
    const rows: readonly (readonly [string, string])[] = [
      ['on disk', formatBytes(figures.bytesOnDisk)],
      [
        'raw',
        `${formatBytes(figures.rawBytes)} (${formatRatio(figures.rawBytes, figures.bytesOnDisk)} the size on disk)`,
      ],
      ['entries', formatCount(figures.entries)],
      ['commits', formatCount(figures.commits)],
      ['shards', String(figures.shardCount)],
      ['encryption', figures.encryption],
      ['state', figures.state],
      ['background', backgroundText(figures.background)],
    ]
    for (const [name, value] of rows)
      await terminal.printLine(`${terminal.style(name.padEnd(10), 'dim')}  ${value}`)
    if (figures.topics.length > 0) await terminal.print(`\n${topicTable(terminal, figures.topics)}`)
    for (const [name, reading] of Object.entries(metrics.metrics ?? {}))
      await terminal.printLine(`${name}  ${JSON.stringify(reading)}`)
  },
}

/** Since this process opened the store: a command that is done within a minute has run none of them. */
function backgroundText(jobs: ForgeStatistics['background']): string {
  const runs = jobs.reduce((sum, job) => sum + job.runs, 0)
  const failures = jobs.reduce((sum, job) => sum + job.failures, 0)
  return `${formatCount(jobs.length)} jobs, ${formatCount(runs)} runs, ${formatCount(failures)} failed`
}
