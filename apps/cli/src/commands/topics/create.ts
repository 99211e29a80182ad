import type { Command } from '../../program/command.ts'
import { settingsOf, SETTINGS_OPTIONS, STREAM_OPTION, streamOption } from './topic-options.ts'

export const topicsCreate: Command = {
  name: 'topics create',
  summary: 'Make a topic with settings before its first entry',
  usage: 'TOPIC',
  positionals: { min: 1, max: 1 },
  options: { ...STREAM_OPTION, ...SETTINGS_OPTIONS },
  examples: [
    'forge topics create app.web --stream logs --max-age 30d --data ./data',
    'forge topics create users --stream events --compact-by /metadata/key --data ./data',
  ],
  async run({ options, positionals, terminal, store }) {
    const [name] = positionals
    const stream = streamOption(options) ?? 'events'
    await using forge = await store.open()
    const topic = await forge[stream].topicOperations.create(name!, settingsOf(options))
    if (terminal.json) await terminal.printJson({ stream, ...topic })
    else terminal.note(`created the topic ${name} of ${stream}`)
  },
}
