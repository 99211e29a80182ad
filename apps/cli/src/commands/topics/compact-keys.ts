import type { Command } from '../../program/command.ts'
import { formatBytes, formatCountOf } from '../../render/quantities.ts'
import { STREAM_OPTION, streamOfTopic } from './topic-options.ts'

export const topicsCompactKeys: Command = {
  name: 'topics compact-keys',
  summary: 'Keep only the last entry of each key of a topic',
  usage: 'TOPIC',
  positionals: { min: 1, max: 1 },
  options: {
    ...STREAM_OPTION,
    'dry-run': { type: 'boolean', description: 'only say what would go' },
  },
  examples: ['forge topics compact-keys users --data ./data'],
  async run({ options, positionals, terminal, store, signal }) {
    const [name] = positionals
    const dryRun = options['dry-run'] === true
    await using forge = await store.open()
    const stream = await streamOfTopic(forge, name!, options)
    const removal = await forge[stream].topicOperations.compactKeys(name!, { dryRun, signal })
    if (terminal.json) await terminal.printJson({ stream, dryRun, ...removal })
    else
      terminal.note(
        `${formatCountOf(removal.count, 'entry', 'entries')} (${formatBytes(removal.rawBytes)}) ` +
          `${dryRun ? 'would go' : 'removed'}`,
      )
  },
}
