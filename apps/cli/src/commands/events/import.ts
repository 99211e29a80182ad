import { ForgeError } from '@forgeone/common'
import { decompress } from '@forgeone/streams'
import type { Command } from '../../program/command.ts'
import { EVENT_FORMAT_OPTION, eventFormatOf } from '../../program/event-format.ts'
import { countingBytes, documentName, sourceName } from '../../program/import-input.ts'
import { findInputFiles, openInput, STANDARD_INPUT } from '../../program/input-files.ts'
import { textOption } from '../../program/parse-arguments.ts'
import { Progress } from '../../render/progress.ts'
import { formatBytes, formatCount, formatDuration } from '../../render/quantities.ts'

export const eventsImport: Command = {
  name: 'events import',
  summary: 'Import events from JSON lines or CloudEvents; a second run goes on where the first stopped',
  usage: 'FILE…',
  positionals: { min: 1, max: 100_000 },
  options: {
    ...EVENT_FORMAT_OPTION,
    topic: {
      type: 'string',
      short: 't',
      value: 'TOPIC',
      description: 'for lines that name no topic, or are only a payload',
    },
    again: { type: 'boolean', description: 'import whole files again, also what was imported before' },
  },
  examples: [
    'forge events import orders.jsonl --data ./data',
    'forge events import --format cloudevents batch.json --data ./data',
    'cat clicks.jsonl | forge events import - --topic web.clicks --data ./data',
  ],
  async run({ options, positionals, terminal, store, signal, resolvePath }) {
    const format = eventFormatOf(options)
    const files = await findInputFiles(positionals, resolvePath)
    const topic = textOption(options, 'topic')
    const nameOf = format === 'cloudevents' ? documentName : sourceName
    await using forge = await store.open()
    const startedMs = performance.now()
    const totals = { events: 0, rawBytes: 0 }
    for (const file of files) {
      const progress = new Progress(terminal)
      const read = { bytes: 0 }
      const label = file.path === STANDARD_INPUT ? 'standard input' : file.path
      const source = options['again'] === true ? undefined : await nameOf(file)
      try {
        const result = await forge.events.importFrom(
          decompress(countingBytes(openInput(file, signal), read, label)),
          {
            format,
            topic,
            source,
            signal,
            onProgress: ({ events }) =>
              progress.update({
                label,
                doneBytes: read.bytes,
                totalBytes: file.bytes,
                count: totals.events + events,
                unit: 'events',
              }),
          },
        )
        totals.events += result.events
        totals.rawBytes += result.rawBytes
        progress.clear()
        terminal.note(
          `${label}: ${formatCount(result.events)} events${result.resumedAt === 0 ? '' : `, went on at ${formatBytes(result.resumedAt)}`}`,
        )
      } finally {
        progress.clear()
      }
      if (signal.aborted)
        throw new ForgeError(
          'INTERRUPTED',
          `stopped after ${formatCount(totals.events)} events; all of them are kept`,
        )
    }
    const seconds = (performance.now() - startedMs) / 1000
    const { bytesOnDisk } = forge.stats()
    if (terminal.json)
      await terminal.printJson({
        ...totals,
        seconds: Number(seconds.toFixed(3)),
        eventsPerSecond: Math.round(totals.events / seconds),
        bytesOnDisk,
      })
    else
      terminal.note(
        `${formatCount(totals.events)} events in ${formatDuration(seconds * 1000)}; the store takes ${formatBytes(bytesOnDisk)}`,
      )
  },
}
