import { ForgeError } from '@forgeone/common'
import type { Command } from '../../program/command.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { RANGE_OPTIONS, rangeOf } from '../../program/read-options.ts'
import { jsonLines, writeChunks } from '../../program/write-output.ts'

export const logsExport: Command = {
  name: 'logs export',
  summary: 'Write log entries as JSON lines, or as the bytes that were imported',
  usage: '[TOPIC]',
  positionals: { min: 0, max: 1 },
  options: {
    ...RANGE_OPTIONS,
    raw: { type: 'boolean', description: 'the imported file exactly: line ends, undecodable bytes and all' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'write there instead of standard output',
    },
  },
  examples: [
    'forge logs export web --raw -o access.log --data ./data',
    "forge logs export 'app.>' --from -1d --data ./data > app.jsonl",
  ],
  async run({ options, positionals, terminal, store, signal, resolvePath }) {
    await using forge = await store.open()
    const range = { ...rangeOf(options, signal), topic: textOption(options, 'topic') ?? positionals[0] }
    if (range.topic !== undefined && (await forge.logs.topics(range.topic)).length === 0) {
      throw new ForgeError('STREAM_TOPIC_UNKNOWN', `no log topic matches ${range.topic}`)
    }
    const chunks =
      options['raw'] === true ? forge.logs.exportRaw(range) : jsonLines(forge.logs.read(range).batches())
    await writeChunks({ chunks, terminal, output: textOption(options, 'output'), resolvePath })
  },
}
