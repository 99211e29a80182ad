import type { Command } from '../../program/command.ts'
import { usageError } from '../../program/parse-arguments.ts'
import { formatBytes, formatCount } from '../../render/quantities.ts'
import { STREAM_OPTION, streamOfTopic } from './topic-options.ts'

export const topicsDelete: Command = {
  name: 'topics delete',
  summary: 'Remove a topic with all its entries; an audited act that cannot be undone',
  usage: 'TOPIC',
  positionals: { min: 1, max: 1 },
  options: { ...STREAM_OPTION, yes: { type: 'boolean', description: 'really remove it' } },
  examples: ['forge topics delete app.old --yes --data ./data'],
  async run({ options, positionals, terminal, store }) {
    const [name] = positionals
    await using forge = await store.open()
    const stream = await streamOfTopic(forge, name!, options)
    const { topicOperations } = forge[stream]
    const { count, rawBytes } = await topicOperations.describe(name!)
    if (options['yes'] !== true) {
      throw usageError(
        `${name} has ${formatCount(count)} entries (${formatBytes(rawBytes)}), which would be gone`,
        'Add --yes to remove them.',
      )
    }
    const removed = await topicOperations.remove(name!)
    if (terminal.json) await terminal.printJson({ stream, ...removed })
    else terminal.note(`removed ${name} with ${formatCount(removed.count)} entries`)
  },
}
