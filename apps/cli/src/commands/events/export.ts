import type { Command } from '../../program/command.ts'
import { EVENT_FORMAT_OPTION, eventFormatOf } from '../../program/event-format.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { RANGE_OPTIONS, rangeOf } from '../../program/read-options.ts'
import { jsonLines, textLines, writeChunks } from '../../program/write-output.ts'

export const eventsExport: Command = {
  name: 'events export',
  summary: 'Write events as JSON lines or CloudEvents, which `events import` takes back',
  usage: '[TOPIC]',
  positionals: { min: 0, max: 1 },
  options: {
    ...RANGE_OPTIONS,
    ...EVENT_FORMAT_OPTION,
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'write there instead of standard output',
    },
  },
  examples: [
    "forge events export 'orders.>' -o orders.jsonl --data ./data",
    'forge events export --format cloudevents -o events.jsonl --data ./data',
  ],
  async run({ options, positionals, terminal, store, signal, resolvePath }) {
    const format = eventFormatOf(options)
    await using forge = await store.open()
    const range = { ...rangeOf(options, signal), topic: textOption(options, 'topic') ?? positionals[0] }
    const chunks =
      format === 'cloudevents'
        ? textLines(forge.events.exportCloudEvents(range))
        : jsonLines(forge.events.read(range).batches())
    await writeChunks({ chunks, terminal, output: textOption(options, 'output'), resolvePath })
  },
}
