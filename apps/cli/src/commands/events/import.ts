import { randomUUID } from 'node:crypto'
import { ForgeError } from '@forgeone/common'
import type { ConnectedForge } from '@forgeone/storage-manager'
import { decompress, type EventImportOptions } from '@forgeone/streams'
import type { Command, CommandContext } from '../../program/command.ts'
import { EVENT_FORMAT_OPTION, eventFormatOf } from '../../program/event-format.ts'
import { countingBytes, sourceOf } from '../../program/import-input.ts'
import { findInputFiles, openInput, STANDARD_INPUT, type InputFile } from '../../program/input-files.ts'
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
    const { files, unreadable, stores } = await findInputFiles(positionals, resolvePath)
    for (const { message } of unreadable) terminal.note(`${message}; it is left out`)
    for (const directory of stores) terminal.note(`${directory} is a store; it is left out`)
    const run = randomUUID()
    const topic = textOption(options, 'topic')
    await using forge = await store.open()
    const startedMs = performance.now()
    const totals = { events: 0, rawBytes: 0 }
    for (const file of files) {
      const identity = sourceOf(file, { again: options['again'] === true })
      const settings = { ...identity, format, topic, run }
      const { events, rawBytes } = await importFile({
        forge,
        file,
        terminal,
        signal,
        settings,
        before: totals.events,
      })
      totals.events += events
      totals.rawBytes += rawBytes
      if (signal.aborted)
        throw new ForgeError(
          'INTERRUPTED',
          `stopped after ${formatCount(totals.events)} events; all of them are kept`,
        )
    }
    const [closed] = unreadable
    if (closed !== undefined) throw closed
    const seconds = (performance.now() - startedMs) / 1000
    const { bytesOnDisk } = await forge.stats()
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

interface EventFileImport extends Pick<CommandContext, 'terminal' | 'signal'> {
  readonly forge: ConnectedForge
  readonly file: InputFile
  readonly settings: EventImportOptions
  /** Events of the files before this one. */
  readonly before: number
}

async function importFile(request: EventFileImport): ReturnType<ConnectedForge['events']['importFrom']> {
  const { forge, file, terminal, signal, settings, before } = request
  const progress = new Progress(terminal)
  const read = { bytes: 0 }
  const label = file.path === STANDARD_INPUT ? 'standard input' : file.path
  const input = (): AsyncIterable<Uint8Array> => {
    read.bytes = 0
    return decompress(countingBytes(openInput(file, signal), read, label))
  }
  try {
    // What cannot be opened twice is opened once.
    const result = await forge.events.importFrom(settings.source === undefined ? input() : input, {
      ...settings,
      signal,
      onProgress: ({ events }) =>
        progress.update({
          label,
          doneBytes: read.bytes,
          totalBytes: file.bytes,
          count: before + events,
          unit: 'events',
        }),
    })
    progress.clear()
    const resumed = result.resumedAt === 0 ? '' : `, went on at ${formatBytes(result.resumedAt)}`
    terminal.note(`${label}: ${formatCount(result.events)} events${resumed}`)
    return result
  } finally {
    progress.clear()
  }
}
