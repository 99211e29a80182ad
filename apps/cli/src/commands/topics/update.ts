import type { Command } from '../../program/command.ts'
import { settingsOf, SETTINGS_OPTIONS, STREAM_OPTION, streamOfTopic } from './topic-options.ts'

export const topicsUpdate: Command = {
  name: 'topics update',
  summary: 'Change the settings of a topic',
  usage: 'TOPIC',
  positionals: { min: 1, max: 1 },
  options: {
    ...STREAM_OPTION,
    ...SETTINGS_OPTIONS,
    hold: { type: 'boolean', description: 'legal hold: nothing of the topic may be removed' },
    release: { type: 'boolean', description: 'end the legal hold' },
  },
  examples: [
    'forge topics update app.web --max-age 90d --data ./data',
    'forge topics update payments --hold --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    const [name] = positionals
    await using forge = await store.open()
    const stream = await streamOfTopic(forge, name!, options)
    const { topicOperations } = forge[stream]
    await topicOperations.update(name!, settingsOf(options))
    const { settings } = await topicOperations.describe(name!)
    if (terminal.json) await terminal.printJson({ stream, topic: name!, settings })
    else terminal.note(`the settings of ${name} are now ${JSON.stringify(settings)}`)
  },
}
