import type { Command } from '../../program/command.ts'
import { formatBytes, formatCount, formatCountOf } from '../../render/quantities.ts'
import { renderTable } from '../../render/table.ts'
import { STREAM_OPTION, streamOption } from './topic-options.ts'

export const topicsRetain: Command = {
  name: 'topics retain',
  summary: 'Remove what the retention rules no longer keep',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: {
    ...STREAM_OPTION,
    'dry-run': { type: 'boolean', description: 'only say what would go' },
  },
  examples: ['forge topics retain --dry-run --data ./data', 'forge topics retain --data ./data'],
  async run({ options, terminal, store, signal }) {
    const dryRun = options['dry-run'] === true
    const named = streamOption(options)
    await using forge = await store.open()
    const removals = []
    for (const stream of named === undefined ? (['logs', 'events'] as const) : [named]) {
      const found = await forge[stream].topicOperations.applyRetention({ dryRun, signal })
      removals.push(...found.map((removal) => ({ stream, ...removal })))
    }
    if (terminal.json) {
      await terminal.printJson({ dryRun, removed: removals })
      return
    }
    if (removals.length > 0)
      await terminal.print(
        renderTable(
          terminal,
          [
            { title: 'topic' },
            { title: 'stream' },
            { title: dryRun ? 'would go' : 'gone', align: 'right' },
            { title: 'raw', align: 'right' },
          ],
          removals.map(({ topic, stream, count, rawBytes }) => [
            topic,
            stream,
            formatCount(count),
            formatBytes(rawBytes),
          ]),
        ),
      )
    const count = removals.reduce((sum, removal) => sum + removal.count, 0)
    terminal.note(`${formatCountOf(count, 'entry', 'entries')} ${dryRun ? 'would go' : 'removed'}`)
  },
}
